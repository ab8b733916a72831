/** Everything one audit event holds: who, where, what it belongs to, before and after. */
import { Alert, Anchor, Stack } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { AuditEvent, JsonValue } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { type Fact, Facts } from '@/components/Facts';
import { JsonBlock } from '@/components/JsonBlock';
import { JsonDiff } from '@/components/JsonDiff';
import { RunLink } from '@/components/RunLink';
import { fullTime } from '@/lib/time';

export function AuditEventDetails({ event }: { event: AuditEvent }) {
  const { before, after } = event.diff ?? {};
  return (
    <Stack gap="sm">
      {event.message && (
        <Alert color={event.status === 'FAILURE' ? 'red' : 'gray'} icon={<IconAlertCircle size={18} />}>
          {event.message}
        </Alert>
      )}
      <Facts label="Event" facts={factsOf(event)} />
      <JsonDiff before={given(before)} after={given(after)} />
      {hasContent(event.additionalData) && <JsonBlock value={event.additionalData} label="Additional data" />}
    </Stack>
  );
}

function factsOf(event: AuditEvent): Fact[] {
  const { blueprint, entity, runId } = event.context;
  const facts: Fact[] = [{ name: 'When', value: fullTime(event.trigger.at) }];
  if (event.trigger.by?.userId) facts.push({ name: 'Who', value: event.trigger.by.user?.email ?? event.trigger.by.userId });
  if (blueprint) {
    facts.push({
      name: 'Blueprint',
      value: (
        <Anchor inherit renderRoot={(props) => <Link to="/catalog/$blueprint" params={{ blueprint }} {...props} />}>
          {blueprint}
        </Anchor>
      ),
    });
  }
  if (blueprint && entity) facts.push({ name: 'Entity', value: <EntityLink blueprint={blueprint} identifier={entity} /> });
  if (runId) facts.push({ name: 'Run', value: <RunLink id={runId} /> });
  facts.push({ name: 'Event', value: <span className="lb-mono">{event.identifier}</span> });
  return facts;
}

function given(value: JsonValue | undefined): JsonValue | undefined {
  return value === null ? undefined : value;
}

function hasContent(value: JsonValue | undefined): value is JsonValue {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
