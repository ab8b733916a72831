/** Tells that the server is out of reach, and goes away by itself when it is back. */
import { useEffect, useState } from 'react';
import { Alert } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useConnection } from './connection';

/** A reconnect quicker than this is not worth a word. */
const GRACE_MS = 1500;

export function ConnectionBanner() {
  const connection = useConnection();
  const lost = connection === 'lost' || connection === 'down';
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), GRACE_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  return (
    <div role="status" aria-live="polite">
      {shown && (
        <Alert
          role="presentation"
          color={connection === 'down' ? 'red' : 'orange'}
          icon={<IconPlugConnectedX size={18} />}
          mb="md"
          title={connection === 'down' ? 'The server does not answer' : 'Connection lost'}
        >
          What you see may be out of date. The portal reconnects by itself; nothing you started is lost.
        </Alert>
      )}
    </div>
  );
}
