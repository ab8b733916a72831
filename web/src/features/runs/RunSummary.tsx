/** How a run stands: who, when, how long, and what its backend says about it. */
import { Divider, Text, Title } from '@mantine/core';
import type { Run } from '@/api/types';
import { Facts } from '@/components/Facts';
import { Markdown } from '@/components/Markdown';
import { Person } from '@/components/Person';
import { JsonBlock } from '@/components/JsonBlock';
import { StatusChip, statusText } from '@/components/StatusChip';
import { fullTime } from '@/lib/time';
import { RunDuration, RunEntity } from './RunFacts';

export function RunSummary({ run }: { run: Run }) {
  return (
    <section aria-label="Details">
      <Title order={2} size="h3" mb={4}>
        Details
      </Title>
      <Facts
        label="Details of the run"
        facts={[
          { name: 'Status', value: <StatusChip status={run.status} /> },
          ...(run.statusLabel ? [{ name: 'Stage', value: run.statusLabel }] : []),
          { name: 'Started', value: <time dateTime={run.createdAt}>{fullTime(run.createdAt)}</time> },
          { name: 'Ended', value: run.endedAt ? <time dateTime={run.endedAt}>{fullTime(run.endedAt)}</time> : <Text inherit c="dimmed">{statusText(run.status)}</Text> },
          { name: 'Duration', value: <RunDuration run={run} /> },
          { name: 'By', value: <Person id={run.createdBy} /> },
          ...(run.impersonatedBy ? [{ name: 'On behalf, by', value: run.impersonatedBy }] : []),
          ...(run.entity ? [{ name: 'Entity', value: <RunEntity run={run} /> }] : []),
          ...(typeof run.source === 'string' ? [{ name: 'Source', value: run.source }] : []),
          ...(run.externalRunId ? [{ name: 'External ID', value: run.externalRunId }] : []),
          ...(run.approval?.state ? [{ name: 'Approval', value: [run.approval.state, run.approval.userId, run.approval.description].filter(Boolean).join(' · ') }] : []),
        ]}
      />
      {run.summary && (
        <>
          <Divider my="sm" />
          <Title order={3} size="sm" mb={4}>
            Summary
          </Title>
          <Markdown text={run.summary} />
        </>
      )}
      {run.message && Object.keys(run.message).length > 0 && (
        <>
          <Divider my="sm" />
          <Title order={3} size="sm" mb={6}>
            Additional information
          </Title>
          <JsonBlock value={run.message} label="Additional information" maxHeight={220} />
        </>
      )}
    </section>
  );
}
