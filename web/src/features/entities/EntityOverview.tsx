/** An entity's properties, relations and origin. */
import { Card, Grid, Group, Text, Title } from '@mantine/core';
import type { Blueprint, Entity, Property, RelationValue } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { type Fact, Facts } from '@/components/Facts';
import { Person } from '@/components/Person';
import { Value } from '@/components/Value';
import { When } from '@/components/When';

export function EntityOverview({ blueprint, entity }: { blueprint: Blueprint; entity: Entity }) {
  const relations = relationFacts(blueprint, entity);
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Section title="Properties" facts={propertyFacts(blueprint, entity)} none="The blueprint defines no property." />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Section title="Relations" facts={relations} none="The blueprint defines no relation." />
        <div style={{ height: 20 }} />
        <Section title="About" facts={aboutFacts(entity)} none="" />
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
  const defined: Record<string, Partial<Property>> = {
    ...blueprint.schema.properties,
    ...blueprint.mirrorProperties,
    ...blueprint.calculationProperties,
    ...blueprint.aggregationProperties,
  };
  return Object.entries(defined).map(([key, property]) => ({
    key,
    name: property.title || key,
    value: <Value value={entity.properties[key]} schema={property} />,
  }));
}

function relationFacts(blueprint: Blueprint, entity: Entity): Fact[] {
  return Object.entries(blueprint.relations ?? {}).map(([key, relation]) => ({
    key,
    name: relation.title || key,
    value: <Related target={relation.target} value={entity.relations?.[key] ?? null} />,
  }));
}

function Related({ target, value }: { target: string; value: RelationValue }) {
  const identifiers = Array.isArray(value) ? value : value ? [value] : [];
  if (identifiers.length === 0) return <Value value={null} />;
  return (
    <Group gap="xs">
      {identifiers.map((identifier) => (
        <EntityLink key={identifier} blueprint={target} identifier={identifier} />
      ))}
    </Group>
  );
}

function aboutFacts(entity: Entity): Fact[] {
  const teams = Array.isArray(entity.team) ? entity.team : entity.team ? [entity.team] : [];
  return [
    { name: 'Identifier', value: <span className="lb-mono">{entity.identifier}</span> },
    { name: 'Team', value: <Value value={teams} /> },
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
