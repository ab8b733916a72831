/** What lies under every page, signed in or not: the page itself and the notices over it. */
import { Notifications } from '@mantine/notifications';
import { Outlet } from '@tanstack/react-router';

export function Root() {
  return (
    <>
      {/* Within the router, because notices hold links. */}
      <Notifications position="bottom-right" limit={4} containerWidth={380} />
      <Outlet />
    </>
  );
}
