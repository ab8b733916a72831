/** Audit events as a list whose rows open to show before and after. */
import { useState } from 'react';
import { Badge, Card, Collapse, Text, UnstyledButton } from '@mantine/core';
import { IconChevronRight, type Icon } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { Actor, AuditEvent } from '@/api/types';
import { MoreButton } from '@/components/MoreButton';
import { EmptyState, ErrorState, ListSkeleton } from '@/components/QueryStates';
import { When } from '@/components/When';
import { AuditEventDetails } from './AuditEventDetails';
import type { AuditPage } from './queries';
import classes from './AuditList.module.css';

interface Props {
  events: UseInfiniteQueryResult<InfiniteData<AuditPage>>;
  label: string;
  empty: { icon?: Icon; title: string; text: string };
  /** The event that the address opens, if it is among these. */
  opened?: string;
  onOpen?: (identifier: string | undefined) => void;
}

export function AuditList({ events, label, empty, opened, onOpen }: Props) {
  const [own, setOwn] = useState<string>();
  const open = onOpen ? opened : own;
  const toggle = onOpen ?? setOwn;
  if (events.isError && !events.data) {
    return <ErrorState error={events.error} title="The events could not be loaded" onRetry={() => void events.refetch()} />;
  }
  if (!events.data) return <ListSkeleton rows={6} label={`Loading: ${label}`} />;
  const rows = events.data.pages.flatMap((page) => page.audits);
  if (rows.length === 0 && !events.hasNextPage) {
    return (
      <EmptyState title={empty.title} icon={empty.icon}>
        {empty.text}
      </EmptyState>
    );
  }
  return (
    <>
      <Card padding={0} component="section" aria-label={label}>
        <ul className={classes.list}>
          {rows.map((event) => (
            <li key={event.identifier}>
              <Row
                event={event}
                open={event.identifier === open}
                onToggle={() => toggle(event.identifier === open ? undefined : event.identifier)}
              />
            </li>
          ))}
        </ul>
      </Card>
      <MoreButton pages={events}>Load more</MoreButton>
    </>
  );
}

const COLORS: Record<string, string> = { CREATE: 'green', UPDATE: 'indigo', DELETE: 'red' };

function Row({ event, open, onToggle }: { event: AuditEvent; open: boolean; onToggle: () => void }) {
  const failed = event.status === 'FAILURE';
  return (
    <>
      <UnstyledButton className={classes.row} onClick={onToggle} aria-expanded={open}>
        <IconChevronRight size={16} className={classes.chevron} data-open={open || undefined} aria-hidden />
        <Badge color={COLORS[event.action] ?? 'gray'} className={classes.action}>
          {word(event.action)}
        </Badge>
        <span className={classes.subject}>
          <Text span size="sm" fw={600}>
            {subject(event)}
          </Text>{' '}
          <Text span size="xs" c="dimmed">
            {place(event)}
          </Text>
        </span>
        {failed && <Badge color="red">Failed</Badge>}
        <Text size="xs" c="dimmed" className={classes.actor} component="span">
          {actorName(event.trigger.by)}
          {event.trigger.origin ? ` · ${event.trigger.origin}` : ''}
        </Text>
        <Text size="xs" c="dimmed" className={classes.at} component="span">
          <When at={event.trigger.at} />
        </Text>
      </UnstyledButton>
      <Collapse expanded={open} keepMounted={false}>
        <div className={classes.details}>
          <AuditEventDetails event={event} />
        </div>
      </Collapse>
    </>
  );
}

/** `SIGN_IN` as `Sign in`. */
function word(constant: string): string {
  const text = constant.toLowerCase().replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the event is about: the most particular thing its context names. */
function subject({ context, resourceType, additionalData, diff }: AuditEvent): string {
  const named: Record<string, string | undefined> = {
    entity: context.entity,
    run: context.runId,
    action: context.action,
    blueprint: context.blueprint,
    scorecard: identifierIn(diff?.after) ?? identifierIn(diff?.before),
  };
  return named[resourceType] ?? nameIn(additionalData, resourceType) ?? context.entity ?? context.action ?? context.blueprint ?? word(resourceType);
}

/** What has no place in the context is named beside it: an app, a secret, a user, whose session. */
function nameIn(data: AuditEvent['additionalData'], resourceType: string): string | undefined {
  const name = data?.[resourceType === 'session' ? 'user' : resourceType];
  return typeof name === 'string' ? name : undefined;
}

/** A scorecard has no place in the context, where its blueprint stands. */
function identifierIn(document: unknown): string | undefined {
  const { identifier } = (document ?? {}) as { identifier?: unknown };
  return typeof identifier === 'string' ? identifier : undefined;
}

function place({ context, resourceType }: AuditEvent): string {
  if (resourceType === 'entity' && context.blueprint) return context.blueprint;
  if (resourceType === 'run' && context.action) return `run of ${context.action}`;
  if (resourceType === 'scorecard' && context.blueprint) return `scorecard of ${context.blueprint}`;
  return resourceType;
}

export function actorName(by: Actor | undefined): string {
  if (!by) return 'unknown';
  if (by.byPort) return 'Larboard itself';
  const name = [by.user?.firstName, by.user?.lastName].filter(Boolean).join(' ');
  return name || by.user?.email || by.userId || 'unknown';
}
