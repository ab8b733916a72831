/** Renders a component as the portal would: with its theme, cache, notices and a router in memory. */
import { render } from '@testing-library/react';
import { RouterProvider, createMemoryHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Providers } from '@/app/providers';
import { createQueryClient } from '@/app/queryClient';
import { Root } from '@/app/Root';

/** `address` is the one in the browser, with what is searched for; the page is the one at `/`. */
export function renderInPortal(element: ReactElement, { address = '/', client = createQueryClient() } = {}) {
  const root = createRootRoute({ component: Root });
  const portal = createRoute({ getParentRoute: () => root, id: 'portal' });
  const page = createRoute({ getParentRoute: () => portal, path: '/', component: () => element });
  const router = createRouter({
    routeTree: root.addChildren([portal.addChildren([page])]),
    history: createMemoryHistory({ initialEntries: [address] }),
  });
  const view = render(
    <Providers client={client}>
      {/* The portal's own router type is registered; this one has only the page under test. */}
      <RouterProvider router={router as never} />
    </Providers>,
  );
  return { ...view, client };
}
