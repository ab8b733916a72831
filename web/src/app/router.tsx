/**
 * The addresses of the portal. Everything behind the sign-in shares one shell; the form that
 * executes an action lies over any page and lives in the address as `execute`, `target`, `from`.
 */
import { type QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { basePath } from '@/api/basePath';
import { queryString } from '@/api/client';
import { sessionQuery } from '@/features/session/queries';
import { CrashPage, NotFoundPage, PendingPage } from './FallbackPages';
import { Root } from './Root';
import { partOrReload } from './missingAssets';
import { Shell } from './Shell';

interface RouterContext {
  client: QueryClient;
}

/** Reads the texts of `keys` from the address; anything else there is ignored. */
function texts<K extends string>(...keys: K[]) {
  return (search: Record<string, unknown>): { [P in K]?: string } => {
    const found: { [P in K]?: string } = {};
    for (const key of keys) {
      const value = search[key];
      if (typeof value === 'string' && value !== '') found[key] = value;
    }
    return found;
  };
}

/** A page that is loaded when it is first shown, or before, once the browser has nothing else to do. */
function page<N extends string>(load: () => Promise<Record<N, () => React.ReactNode>>, name: N) {
  const component = lazyRouteComponent(() => partOrReload(load), name);
  pages.push(component);
  return component;
}

const pages: { preload?: () => Promise<void> | undefined }[] = [];

/** Loads the pages that have not been seen yet, so that going to one is quick, and possible while the server is away. */
export function loadPagesAhead(): void {
  const load = () => pages.forEach((each) => void each.preload?.());
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in window) window.requestIdleCallback(load, { timeout: 10_000 });
  else setTimeout(load, 3000);
}

// Named, because beside a `beforeLoad` the compiler does not infer them in place.
const formSearch = texts('execute', 'target', 'from');
const selfServeSearch = texts('q', 'action');

const root = createRootRouteWithContext<RouterContext>()({ component: Root });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: texts('redirect'),
  component: page(() => import('@/features/session/SignInPage'), 'SignInPage'),
});

const portal = createRoute({
  getParentRoute: () => root,
  id: 'portal',
  validateSearch: formSearch,
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/sign-in', search: { redirect: location.href } });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => portal,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/self-serve' });
  },
});

const selfServe = createRoute({
  getParentRoute: () => portal,
  path: '/self-serve',
  validateSearch: selfServeSearch,
  beforeLoad: ({ search }) => {
    // Port's deep link names the action to open in `action`.
    const { action, ...rest } = search;
    if (action) throw redirect({ to: '/self-serve', search: { ...rest, execute: action }, replace: true });
  },
  component: page(() => import('@/features/self-service/SelfServicePage'), 'SelfServicePage'),
});

const runs = createRoute({
  getParentRoute: () => portal,
  path: '/runs',
  validateSearch: texts('action', 'status', 'blueprint', 'entity', 'source', 'user', 'active'),
  component: page(() => import('@/features/runs/RunsPage'), 'RunsPage'),
});

const run = createRoute({
  getParentRoute: () => portal,
  path: '/organization/run',
  validateSearch: texts('runId', 'tab', 'q'),
  component: page(() => import('@/features/runs/RunPage'), 'RunPage'),
});

/** The short address of a run. */
const shortRun = createRoute({
  getParentRoute: () => portal,
  path: '/runs/$runId',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/organization/run', search: { runId: params.runId }, replace: true });
  },
});

const catalog = createRoute({
  getParentRoute: () => portal,
  path: '/catalog',
  component: page(() => import('@/features/catalog/CatalogPage'), 'CatalogPage'),
});

const blueprint = createRoute({
  getParentRoute: () => portal,
  path: '/catalog/$blueprint',
  validateSearch: texts('q', 'sort', 'dir', 'filters', 'match', 'columns'),
  component: page(() => import('@/features/catalog/BlueprintPage'), 'BlueprintPage'),
});

const entity = createRoute({
  getParentRoute: () => portal,
  path: '/entities/$blueprint/$entity',
  validateSearch: texts('tab', 'event'),
  component: page(() => import('@/features/entities/EntityPage'), 'EntityPage'),
});

const auditLog = createRoute({
  getParentRoute: () => portal,
  path: '/settings/AuditLog',
  validateSearch: texts('tab', 'event', 'resource', 'action', 'status', 'blueprint', 'entity', 'run'),
  component: page(() => import('@/features/audit/AuditPage'), 'AuditPage'),
});

const jq = createRoute({
  getParentRoute: () => portal,
  path: '/jq',
  validateSearch: texts('mode'),
  component: page(() => import('@/features/jq/JqPage'), 'JqPage'),
});

/** Whatever else an address says: within the shell, so that the way on is at hand. */
const nowhere = createRoute({ getParentRoute: () => portal, path: '$', component: NotFoundPage });

const routeTree = root.addChildren([
  signIn,
  portal.addChildren([home, selfServe, runs, shortRun, run, catalog, blueprint, entity, auditLog, jq, nowhere]),
]);

export function createPortalRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    basepath: basePath,
    context: { client },
    defaultPreload: 'intent',
    defaultPendingComponent: PendingPage,
    defaultErrorComponent: CrashPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
    // Plain texts, so that identifiers such as 123 or true stay what they are in the address.
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => queryString(search as Record<string, string>),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPortalRouter>;
  }
}
