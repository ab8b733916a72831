/** A link to a run's page. */
import type { ReactNode } from 'react';
import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';

export function RunLink({ id, children }: { id: string; children?: ReactNode }) {
  return (
    <Anchor inherit renderRoot={(props) => <Link to="/organization/run" search={{ runId: id }} {...props} />}>
      {children ?? <span className="lb-mono">{id}</span>}
    </Anchor>
  );
}
