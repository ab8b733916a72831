/** Small facts of a run that several pages show: its title, its entity, how long it took. */
import { Text } from '@mantine/core';
import type { Run } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { Duration } from '@/components/When';
import { isOver } from './queries';

export function runTitle(run: Pick<Run, 'action'>): string {
  return run.action.title || run.action.identifier;
}

export function RunDuration({ run }: { run: Run }) {
  return <Duration start={run.createdAt} end={isOver(run) ? (run.endedAt ?? run.updatedAt) : null} />;
}

/** The entity of a run in a list, where a long title must not push the other runs away. */
export function RunEntityCut({ run }: { run: Run }) {
  return (
    <Text inherit component="div" lineClamp={2} title={run.entity?.title || run.entity?.identifier}>
      <RunEntity run={run} />
    </Text>
  );
}

/** The entity of a run, linked while it exists. */
export function RunEntity({ run }: { run: Run }) {
  if (!run.entity) {
    return (
      <Text component="span" inherit c="dimmed" role="img" aria-label="No entity">
        —
      </Text>
    );
  }
  const title = run.entity.title || run.entity.identifier;
  if (run.entity.deleted || !run.blueprint) {
    return (
      <Text
        component="span"
        inherit
        td={run.entity.deleted ? 'line-through' : undefined}
        title={run.entity.deleted ? 'Deleted' : undefined}
      >
        {title}
      </Text>
    );
  }
  return <EntityLink blueprint={run.blueprint.identifier} identifier={run.entity.identifier} title={title} />;
}
