/** Every blueprint as a card that leads to its entities: those of the organization, then those that are always there. */
import { Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { apiUrl } from '@/api/basePath';
import type { Blueprint } from '@/api/types';
import { ItemIcon } from '@/components/ItemIcon';
import { PageHeader } from '@/components/PageHeader';
import { CardsSkeleton, EmptyState, ErrorState } from '@/components/QueryStates';
import { blueprintsQuery, isSystem } from './queries';
import classes from './CatalogPage.module.css';

export function CatalogPage() {
  const blueprints = useQuery(blueprintsQuery);
  return (
    <>
      <PageHeader title="Catalog" description="What the organization runs, by blueprint." />
      {blueprints.isError && !blueprints.data ? (
        <ErrorState error={blueprints.error} title="The blueprints could not be loaded" onRetry={() => void blueprints.refetch()} />
      ) : (
        <Stack gap="xl">
          {blueprints.data?.every(isSystem) ? <Empty /> : <Shelf {...OWN} blueprints={blueprints.data} />}
          <Shelf {...BUILT_IN} blueprints={blueprints.data} />
        </Stack>
      )}
    </>
  );
}

function Empty() {
  return (
    <EmptyState
      title="The catalog is empty"
      icon={IconStack2}
      action={
        <Button variant="light" component="a" href={apiUrl('docs')}>
          Open the API reference
        </Button>
      }
    >
      A blueprint says what a kind of thing looks like, such as a service. Create the first with POST /v1/blueprints.
    </EmptyState>
  );
}

const OWN = { title: 'Blueprints', system: false };
const BUILT_IN = { title: 'Built in', system: true };

/** The cards of one group, or bars in their place. */
function Shelf({ title, system, blueprints }: { title: string; system: boolean; blueprints: Blueprint[] | undefined }) {
  const shown = blueprints?.filter((each) => isSystem(each) === system);
  return (
    <section aria-label={title}>
      <Title order={2} size="h3" mb="sm">
        {title}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md" role={shown ? 'list' : undefined} aria-label={title}>
        {shown ? shown.map((each) => <BlueprintCard key={each.identifier} blueprint={each} />) : <CardsSkeleton cards={3} />}
      </SimpleGrid>
    </section>
  );
}

function BlueprintCard({ blueprint }: { blueprint: Blueprint }) {
  const title = blueprint.title || blueprint.identifier;
  const properties = Object.keys(blueprint.schema?.properties ?? {}).length;
  const relations = Object.keys(blueprint.relations ?? {}).length;
  return (
    <Card role="listitem" className={classes.card}>
      <Group wrap="nowrap" gap="sm">
        <ItemIcon name={blueprint.icon} title={title} size={42} />
        <div style={{ minWidth: 0 }}>
          <Title order={3} lineClamp={1}>
            <Link to="/catalog/$blueprint" params={{ blueprint: blueprint.identifier }} className={classes.link}>
              {title}
            </Link>
          </Title>
          <Text size="xs" c="dimmed" className="lb-mono" truncate>
            {blueprint.identifier}
          </Text>
        </div>
      </Group>
      <Text size="sm" c="dimmed" mt="sm" lineClamp={2}>
        {blueprint.description || `${count(properties, 'property', 'properties')}, ${count(relations, 'relation', 'relations')}`}
      </Text>
    </Card>
  );
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
