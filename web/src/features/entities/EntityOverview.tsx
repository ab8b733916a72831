/** An entity's properties, computed values, relations and origin. */
import { Anchor, Card, Grid, Group, Stack, Text, Title, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Blueprint, Entity } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { type Fact, Facts } from '@/components/Facts';
import { Person } from '@/components/Person';
import { Value, type ValueSchema } from '@/components/Value';
import { When } from '@/components/When';
import { computedProperties } from '@/features/catalog/fields';
import { useBlueprints } from '@/features/catalog/queries';
import { relatedOf } from './queries';

export function EntityOverview({ blueprint, entity }: { blueprint: Blueprint; entity: Entity }) {
  const computed = useComputedFacts(blueprint, entity);
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Stack gap="lg">
          <Section title="Properties" facts={propertyFacts(blueprint, entity)} none="The blueprint defines no property." />
          {computed.length > 0 && <Section title="Computed" facts={computed} none="" />}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Stack gap="lg">
          <Section title="Relations" facts={relationFacts(blueprint, entity)} none="The blueprint defines no relation." />
          <Section title="About" facts={aboutFacts(blueprint, entity)} none="" />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function Section({ title, facts, none }: { title: string; facts: Fact[]; none: string }) {
  return (
    <Card component="section" aria-label={title}>
      <Title order={2} size="h3" mb="xs">
        {title}
      </Title>
      {facts.length > 0 ? (
        <Facts facts={facts} label={title} />
      ) : (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      )}
    </Card>
  );
}

function propertyFacts(blueprint: Blueprint, entity: Entity): Fact[] {
  return Object.entries(blueprint.schema.properties).map(([key, property]) => ({
    key,
    name: <Name title={property.title || key} description={property.description} />,
    value: <Value value={entity.properties[key]} schema={property as ValueSchema} of={property.title || key} />,
  }));
}

/** What the server derives, each with where it comes from. */
function useComputedFacts(blueprint: Blueprint, entity: Entity): Fact[] {
  const blueprints = useBlueprints();
  return Object.entries(computedProperties(blueprint, blueprints)).map(([key, definition]) => ({
    key,
    name: <Name title={definition.title || key} description={originOf(blueprint, key)} />,
    value: <Value value={entity.properties[key]} schema={definition} of={definition.title || key} />,
  }));
}

function originOf(blueprint: Blueprint, key: string): string {
  const mirror = blueprint.mirrorProperties?.[key];
  if (mirror) return `Mirrors ${mirror.path}`;
  const calculation = blueprint.calculationProperties?.[key];
  if (calculation) return calculation.description || `Calculated: ${calculation.calculation}`;
  const aggregation = blueprint.aggregationProperties?.[key];
  return aggregation?.description || `Aggregates ${aggregation?.target ?? ''}`;
}

function Name({ title, description }: { title: string; description?: string | null }) {
  if (!description) return <>{title}</>;
  return (
    <Tooltip label={description} multiline maw={360}>
      <span tabIndex={0} style={{ textDecoration: 'underline dotted', textUnderlineOffset: 3 }}>
        {title}
      </span>
    </Tooltip>
  );
}

function relationFacts(blueprint: Blueprint, entity: Entity): Fact[] {
  return Object.entries(blueprint.relations ?? {}).map(([key, relation]) => ({
    key,
    name: relation.title || key,
    value: <RelationLinks target={relation.target} value={entity.relations?.[key]} />,
  }));
}

/** More than these of one relation would push the rest out of sight; the page of related entities has all. */
const FEW_RELATED = 10;

function RelationLinks({ target, value }: { target: string; value: unknown }) {
  const related = relatedOf(value);
  if (related.length === 0) return <Value value={null} />;
  return (
    <Group gap="xs">
      {related.slice(0, FEW_RELATED).map(({ identifier, title }) => (
        <EntityLink key={identifier} blueprint={target} identifier={identifier} title={title} />
      ))}
      {related.length > FEW_RELATED && (
        <Anchor inherit renderRoot={(props) => <Link from="/entities/$blueprint/$entity" to="." search={{ tab: 'related' }} {...props} />}>
          and {related.length - FEW_RELATED} more
        </Anchor>
      )}
    </Group>
  );
}

function aboutFacts(blueprint: Blueprint, entity: Entity): Fact[] {
  const teams = Array.isArray(entity.team) ? entity.team : entity.team ? [entity.team] : [];
  const owned = blueprint.ownership || teams.length > 0;
  return [
    { name: 'Identifier', value: <span className="lb-mono">{entity.identifier}</span> },
    ...(owned ? [{ name: blueprint.ownership?.title || 'Owning teams', value: <Value value={teams} schema={{ format: 'team' }} /> }] : []),
    { name: 'Created', value: <By at={entity.createdAt} by={entity.createdBy} /> },
    { name: 'Updated', value: <By at={entity.updatedAt} by={entity.updatedBy} /> },
  ];
}

function By({ at, by }: { at: string; by?: string }) {
  return (
    <>
      <When at={at} />
      {by && (
        <>
          {' by '}
          <Person id={by} />
        </>
      )}
    </>
  );
}
