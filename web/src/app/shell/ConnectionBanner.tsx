/** Says when the page is no longer live, and takes itself away when it is again. */
import { useEffect, useState } from 'react';
import { Alert } from '@mantine/core';
import { IconCloudOff, IconPlugConnectedX } from '@tabler/icons-react';
import { type Connection, useConnection } from '../connection';

/** A hiccup shorter than this is repaired before anyone needs to know. */
const GRACE_MS = 1500;

export function ConnectionBanner() {
  const shown = useSettled(useConnection());
  if (shown === 'down') {
    return (
      <Alert color="red" radius={0} icon={<IconCloudOff />} title="The server does not answer" role="alert">
        What you see may be old. The portal keeps trying and catches up by itself.
      </Alert>
    );
  }
  if (shown === 'lost') {
    return (
      <Alert color="orange" radius={0} icon={<IconPlugConnectedX />} title="Live updates are interrupted" role="status">
        Reconnecting. What happened meanwhile will be filled in.
      </Alert>
    );
  }
  return null;
}

function useSettled(connection: Connection): Connection {
  const [settled, setSettled] = useState(connection);
  useEffect(() => {
    const wait = connection === 'live' ? 0 : GRACE_MS;
    const timer = setTimeout(() => setSettled(connection), wait);
    return () => clearTimeout(timer);
  }, [connection]);
  return connection === 'live' ? 'live' : settled;
}
