/** The blueprints of the catalog, as cards that lead to their entities. */
import { Card, SimpleGrid, Text, Title } from '@mantine/core';
import { IconLayoutGrid } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ItemIcon } from '@/components/ItemIcon';
import { PageHeader } from '@/components/PageHeader';
import { CardsSkeleton, EmptyState, ErrorState } from '@/components/QueryStates';
import { blueprintsQuery } from './queries';
import classes from './CatalogHome.module.css';

export function CatalogHome() {
  const query = useQuery(blueprintsQuery);
  const listed = query.data?.filter((blueprint) => !blueprint.identifier.startsWith('_'));
  return (
    <>
      <PageHeader title="Catalog" description="What there is, by kind." />
      {query.error && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {listed?.length === 0 && (
        <EmptyState icon={IconLayoutGrid} title="The catalog is empty">
          Create a blueprint through the API or as code; its entities appear here.
        </EmptyState>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 3, xl: 4 }}>
        {query.isPending && <CardsSkeleton cards={4} />}
        {listed?.map((blueprint) => (
          <Card
            key={blueprint.identifier}
            className={classes.card}
            renderRoot={(props) => <Link to="/catalog/$blueprint" params={{ blueprint: blueprint.identifier }} {...props} />}
          >
            <ItemIcon name={blueprint.icon} title={blueprint.title} size={42} />
            <Title order={2} size="h3" mt="sm">
              {blueprint.title}
            </Title>
            <Text size="sm" c="dimmed" lineClamp={2} mt={4}>
              {blueprint.description || `${Object.keys(blueprint.schema.properties).length} properties`}
            </Text>
          </Card>
        ))}
      </SimpleGrid>
    </>
  );
}
