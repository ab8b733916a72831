/** A link to a run's page. */
import type { ReactNode } from 'react';
import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';

export function RunLink({ id, children, onClick }: { id: string; children?: ReactNode; onClick?: () => void }) {
  return (
    <Anchor inherit onClick={onClick} renderRoot={(props) => <Link to="/organization/run" search={{ runId: id }} {...props} />}>
      {children ?? <span className="lb-mono">{id}</span>}
    </Anchor>
  );
}
