/**
 * The neighbours of an entity: what it relates to, and what relates to it, by blueprint and relation. Of each relation
 * that leads here the first few are shown, with the way to all of them.
 */
import { useState } from 'react';
import { Anchor, Badge, Button, Card, Grid, Group, List, Stack, Text, Title } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { messageOf } from '@/api/errors';
import type { Blueprint, Entity } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { ItemIcon } from '@/components/ItemIcon';
import { ErrorState, LineSkeleton, ListSkeleton } from '@/components/QueryStates';
import { blueprintsQuery } from '@/features/catalog/queries';
import { FEW, entityCountQuery, entityTitle, firstEntitiesQuery, relatedOf, type Related } from './queries';
import { type Incoming, incomingOf } from './related';

export function RelatedEntities({ blueprint, entity }: { blueprint: Blueprint; entity: Entity }) {
  const blueprints = useQuery(blueprintsQuery);
  if (!blueprints.data && blueprints.error) {
    return <ErrorState error={blueprints.error} title="The blueprints could not be loaded" onRetry={() => void blueprints.refetch()} />;
  }
  if (!blueprints.data) return <ListSkeleton rows={4} label="Loading the related entities" />;
  const all = new Map(blueprints.data.map((each) => [each.identifier, each]));
  const outgoing = Object.entries(blueprint.relations ?? {});
  const incoming = incomingOf(blueprint.identifier, entity.identifier, blueprints.data);
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Side title="Relates to" none={`${blueprint.title} has no relation to other blueprints.`} empty={outgoing.length === 0}>
          {outgoing.map(([id, relation]) => (
            <Outgoing
              key={id}
              title={relation.title || id}
              target={all.get(relation.target)}
              identifier={relation.target}
              related={relatedOf(entity.relations?.[id])}
            />
          ))}
        </Side>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Side title="Related from" none={`No blueprint has a relation to ${blueprint.title}.`} empty={incoming.length === 0}>
          {incoming.map((each) => (
            <IncomingCard key={each.key} incoming={each} />
          ))}
        </Side>
      </Grid.Col>
    </Grid>
  );
}

function Side({ title, none, empty, children }: { title: string; none: string; empty: boolean; children: React.ReactNode }) {
  return (
    <Stack component="section" gap="sm" aria-label={title}>
      <Title order={2} size="h3">
        {title}
      </Title>
      {empty ? (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      ) : (
        children
      )}
    </Stack>
  );
}

interface RelationCardProps {
  blueprint: { identifier: string; title?: string; icon?: string | null };
  relation: string;
  count: number | undefined;
  children: React.ReactNode;
}

function RelationCard({ blueprint, relation, count, children }: RelationCardProps) {
  const title = blueprint.title || blueprint.identifier;
  return (
    <Card padding="md">
      <Group gap="sm" wrap="nowrap" mb="xs">
        <ItemIcon name={blueprint.icon} title={title} size={28} />
        <div style={{ minWidth: 0, flex: 1 }}>
          <Anchor fw={600} renderRoot={(props) => <Link to="/catalog/$blueprint" params={{ blueprint: blueprint.identifier }} {...props} />}>
            {title}
          </Anchor>
          <Text size="xs" c="dimmed" truncate>
            {relation}
          </Text>
        </div>
        {count !== undefined && (
          <Badge color="gray" role="img" aria-label={`${count} related`}>
            {count.toLocaleString()}
          </Badge>
        )}
      </Group>
      {children}
    </Card>
  );
}

function Names({ blueprint, entities }: { blueprint: string; entities: Related[] }) {
  if (entities.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None
      </Text>
    );
  }
  return (
    <List size="sm" spacing={4} listStyleType="none">
      {entities.map(({ identifier, title }) => (
        <List.Item key={identifier}>
          <EntityLink blueprint={blueprint} identifier={identifier} title={title} />
        </List.Item>
      ))}
    </List>
  );
}

interface OutgoingProps {
  title: string;
  target: Blueprint | undefined;
  identifier: string;
  related: Related[];
}

function Outgoing({ title, target, identifier, related }: OutgoingProps) {
  const [all, setAll] = useState(false);
  return (
    <RelationCard blueprint={target ?? { identifier }} relation={title} count={related.length}>
      <Names blueprint={identifier} entities={all ? related : related.slice(0, FEW)} />
      {related.length > FEW && (
        <Button mt="xs" style={{ alignSelf: 'flex-start' }} variant="subtle" size="compact-sm" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${related.length}`}
        </Button>
      )}
    </RelationCard>
  );
}

function IncomingCard({ incoming: { from, title, query, filter } }: { incoming: Incoming }) {
  const first = useQuery(firstEntitiesQuery(from.identifier, query));
  const count = useQuery(entityCountQuery(from.identifier, query));
  const shown = first.data?.length ?? 0;
  return (
    <RelationCard blueprint={from} relation={title} count={count.data}>
      {first.data ? (
        <Names blueprint={from.identifier} entities={first.data.map((entity) => ({ identifier: entity.identifier, title: entityTitle(entity) }))} />
      ) : first.isError ? (
        <Text size="sm" role="alert">
          {messageOf(first.error)}
        </Text>
      ) : (
        <LineSkeleton label={`Loading: ${title}`} />
      )}
      {count.data !== undefined && count.data > shown && (
        <Button
          mt="xs"
          style={{ alignSelf: 'flex-start' }}
          variant="subtle"
          size="compact-sm"
          rightSection={<IconArrowRight size={14} />}
          renderRoot={(props) => (
            <Link to="/catalog/$blueprint" params={{ blueprint: from.identifier }} search={{ filters: JSON.stringify([filter]) }} {...props} />
          )}
        >
          Show all {count.data.toLocaleString()}
        </Button>
      )}
    </RelationCard>
  );
}
