/** Where a run belongs: its blueprint, its entity, itself. */
import { Anchor, Breadcrumbs, CopyButton, Text, UnstyledButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Run } from '@/api/types';
import { RunEntity } from './RunFacts';

export function RunBreadcrumb({ run }: { run: Run }) {
  return (
    <Breadcrumbs component="nav" aria-label="Breadcrumb" separatorMargin={8} style={{ flexWrap: 'wrap', rowGap: 2 }}>
      {run.blueprint && !run.blueprint.deleted ? (
        <Anchor
          size="sm"
          renderRoot={(props) => <Link to="/catalog/$blueprint" params={{ blueprint: run.blueprint?.identifier ?? '' }} {...props} />}
        >
          {run.blueprint.title || run.blueprint.identifier}
        </Anchor>
      ) : (
        <Anchor size="sm" renderRoot={(props) => <Link to="/runs" {...props} />}>
          Runs
        </Anchor>
      )}
      {run.entity && (
        <Text size="sm" component="span">
          <RunEntity run={run} />
        </Text>
      )}
      <CopyButton value={run.id}>
        {({ copied, copy }) => (
          <UnstyledButton onClick={copy} aria-label={copied ? 'Run ID copied' : `Copy run ID ${run.id}`}>
            <Text size="sm" c="dimmed" component="span" className="lb-mono">
              {run.id} {copied ? <IconCheck size={12} /> : <IconCopy size={12} />}
            </Text>
          </UnstyledButton>
        )}
      </CopyButton>
    </Breadcrumbs>
  );
}
