/** Starts the portal. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from '@tanstack/react-router';
import '@mantine/core/styles.css';
import '@mantine/dates/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './app/global.css';
import { setSignedOutHandler } from './api/client';
import { Providers } from './app/providers';
import { createQueryClient } from './app/queryClient';
import { reloadForMissingAssets } from './app/missingAssets';
import { createPortalRouter, loadPagesAhead } from './app/router';
import { sessionQuery } from './features/session/queries';

const client = createQueryClient();
const router = createPortalRouter(client);

setSignedOutHandler(() => {
  client.setQueryData(sessionQuery.queryKey, null);
  void router.invalidate();
});

reloadForMissingAssets();
loadPagesAhead();

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Providers client={client}>
        <RouterProvider router={router} />
      </Providers>
    </StrictMode>,
  );
}
