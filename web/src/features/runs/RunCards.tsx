/** Runs as cards, for screens too narrow for a table. */
import { Card, Group, Stack, Text } from '@mantine/core';
import type { Run } from '@/api/types';
import { ItemIcon } from '@/components/ItemIcon';
import { RunLink } from '@/components/RunLink';
import { StatusChip } from '@/components/StatusChip';
import { When } from '@/components/When';
import { RunDuration, RunEntityCut, runTitle } from './RunFacts';

export function RunCards({ runs, showEntity }: { runs: Run[]; showEntity: boolean }) {
  return (
    <Stack gap="sm" role="list" aria-label="Runs">
      {runs.map((run) => (
        <Card key={run.id} p="sm" role="listitem" data-run={run.id}>
          <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
            <Group gap="sm" wrap="nowrap" style={{ minWidth: 0, flex: 1 }}>
              <ItemIcon name={run.action.icon} title={runTitle(run)} size={32} />
              <div style={{ minWidth: 0 }}>
                <Text fw={600} truncate>
                  <RunLink id={run.id}>{runTitle(run)}</RunLink>
                </Text>
                <Text size="xs" c="dimmed" truncate>
                  <When at={run.createdAt} /> · <RunDuration run={run} />
                </Text>
              </div>
            </Group>
            {/* A long title gives way to the status, and a long label to the title. */}
            <div style={{ flex: 'none', maxWidth: '50%' }}>
              <StatusChip status={run.status} label={run.statusLabel} size="sm" />
            </div>
          </Group>
          {showEntity && run.entity && (
            <Text size="sm" mt={6} component="div">
              <RunEntityCut run={run} />
            </Text>
          )}
        </Card>
      ))}
    </Stack>
  );
}
