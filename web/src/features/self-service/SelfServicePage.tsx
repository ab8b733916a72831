/** Every action one may run, as cards, with a search; the open form is part of the address. */
import { useMemo, useRef } from 'react';
import { Button, Kbd, SimpleGrid, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconBolt, IconCode, IconSearch, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { basePath } from '@/api/basePath';
import type { Action } from '@/api/types';
import { PageHeader } from '@/components/PageHeader';
import { CardsSkeleton, EmptyState, ErrorState } from '@/components/QueryStates';
import { blueprintsQuery } from '@/features/catalog/queries';
import { useUser } from '@/features/session/queries';
import { ActionCard } from './ActionCard';
import { actionTitle, actionsQuery, whyDisabled } from './queries';

const route = getRouteApi('/portal/self-serve');

export function SelfServicePage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const actions = useQuery(actionsQuery);
  const user = useUser();
  const input = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => input.current?.focus()]]);

  const found = useMemo(() => actionsMatching(actions.data ?? [], search.q), [actions.data, search.q]);
  const setQuery = (q: string) =>
    void navigate({ search: (previous) => ({ ...previous, q: q || undefined }), replace: true });
  const open = (action: Action) =>
    void navigate({ search: (previous) => ({ ...previous, execute: action.identifier, target: undefined, from: undefined }) });
  const openFirst = () => {
    const first = found.find((action) => !whyDisabled(action));
    if (first) open(first);
  };

  return (
    <>
      <PageHeader
        title="Self-service"
        description="Pick an action, fill in a short form, and watch it run."
        actions={user.role === 'Admin' && <TestJqButton />}
      />
      <TextInput
        ref={input}
        type="search"
        size="md"
        mb="lg"
        maw={520}
        aria-label="Search actions"
        placeholder="Search actions"
        leftSection={<IconSearch size={18} />}
        rightSection={search.q ? null : <Kbd size="xs">/</Kbd>}
        value={search.q ?? ''}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') openFirst();
          if (event.key === 'Escape') {
            setQuery('');
            input.current?.blur();
          }
        }}
      />
      <Cards actions={actions} found={found} query={search.q} onOpen={open} onClear={() => setQuery('')} />
    </>
  );
}

/** For whoever writes actions. */
function TestJqButton() {
  return (
    <Button variant="default" size="sm" leftSection={<IconCode size={16} />} renderRoot={(props) => <Link to="/jq" {...props} />}>
      Test jq
    </Button>
  );
}

interface CardsProps {
  actions: { data?: Action[]; isPending: boolean; error: unknown; refetch: () => unknown };
  found: Action[];
  query?: string;
  onOpen: (action: Action) => void;
  onClear: () => void;
}

function Cards({ actions, found, query, onOpen, onClear }: CardsProps) {
  const blueprints = useQuery(blueprintsQuery);
  const titles = new Map((blueprints.data ?? []).map((blueprint) => [blueprint.identifier, blueprint.title]));
  const grid = { cols: { base: 1, xs: 2, lg: 3, xl: 4 }, spacing: 'md' } as const;

  if (actions.isPending) {
    return (
      <SimpleGrid {...grid}>
        <CardsSkeleton />
      </SimpleGrid>
    );
  }
  if (actions.error && !actions.data) return <ErrorState error={actions.error} onRetry={() => void actions.refetch()} />;
  if (actions.data?.length === 0) {
    return (
      <EmptyState
        icon={IconBolt}
        title="No actions yet"
        action={
          <Button component="a" href={`${basePath}docs`} variant="light">
            Open the API reference
          </Button>
        }
      >
        A platform engineer publishes actions through the API or as code. The first one appears here the moment it is
        saved.
      </EmptyState>
    );
  }
  if (found.length === 0) {
    return (
      <EmptyState
        icon={IconSearchOff}
        title={`No action fits "${query}"`}
        action={
          <Button variant="light" onClick={onClear}>
            Show all actions
          </Button>
        }
      />
    );
  }
  return (
    <SimpleGrid {...grid} role="list" aria-label="Actions">
      {found.map((action) => (
        <div role="listitem" key={action.identifier}>
          <ActionCard
            action={action}
            blueprintTitle={titles.get(action.trigger.blueprintIdentifier ?? '')}
            onOpen={() => onOpen(action)}
          />
        </div>
      ))}
    </SimpleGrid>
  );
}

/** Every word of the query must appear in the title, the identifier or the description. */
export function actionsMatching(actions: Action[], query: string | undefined): Action[] {
  const words = (query ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return actions.filter((action) => {
    const text = `${actionTitle(action)} ${action.identifier} ${action.description ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
