/** Ctrl/Cmd-K: jump to a page, run an action, open a blueprint, an entity or a recent run, by a few letters. */
import { useState } from 'react';
import { ActionIcon, Button, Kbd } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, type SpotlightActionGroupData, spotlight } from '@mantine/spotlight';
import { IconBolt, IconCode, IconHistory, IconPlayerPlay, IconSearch, IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { messageOf } from '@/api/errors';
import { ItemIcon } from '@/components/ItemIcon';
import { statusText } from '@/components/StatusChip';
import { blueprintsQuery } from '@/features/catalog/queries';
import { entitiesAnywhereQuery, entityTitle } from '@/features/entities/queries';
import { latestRunsQuery } from '@/features/runs/queries';
import { actionsQuery } from '@/features/self-service/queries';
import { useUser } from '@/features/session/queries';

export function PaletteButton() {
  return (
    <>
      <Button
        variant="default"
        visibleFrom="sm"
        leftSection={<IconSearch size={16} />}
        rightSection={<Kbd size="xs">Ctrl K</Kbd>}
        onClick={() => spotlight.open()}
        aria-keyshortcuts="Control+K Meta+K"
        fw={400}
        c="dimmed"
      >
        Search
      </Button>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={36}
        hiddenFrom="sm"
        onClick={() => spotlight.open()}
        aria-label="Search and commands"
      >
        <IconSearch size={20} stroke={1.7} />
      </ActionIcon>
    </>
  );
}

export function CommandPalette() {
  const [typed, setTyped] = useState('');
  const entities = useEntities(typed);
  return (
    <Spotlight
      query={typed}
      onQueryChange={setTyped}
      actions={useCommands(entities.actions)}
      nothingFound={entities.note}
      shortcut={['mod + K']}
      highlightQuery
      scrollable
      maxHeight={420}
      limit={30}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: 'Find an entity, a page, an action or a run',
        'aria-label': 'Search and commands',
      }}
    />
  );
}

const NOTHING = 'Nothing matches. Try the name of a page, an action, a blueprint or an entity.';

/** The entities that the server finds for what is typed, and what to say where there is nothing to choose. */
function useEntities(typed: string): { actions: SpotlightActionGroupData['actions']; note: string } {
  const navigate = useNavigate();
  const [settled] = useDebouncedValue(typed.trim(), 200);
  const titles = new Map((useQuery(blueprintsQuery).data ?? []).map(({ identifier, title }) => [identifier, title || identifier]));
  const found = useQuery(entitiesAnywhereQuery(settled));
  const wanted = typed.trim().length > 1;
  const actions = (wanted ? (found.data ?? []) : []).map((entity) => {
    const { blueprint, identifier, icon } = entity;
    return {
      id: `entity-${blueprint}-${identifier}`,
      label: entityTitle(entity),
      description: `${titles.get(blueprint) ?? blueprint} · ${identifier}`,
      // The server has chosen them; the palette's own opinion about letters would hide some.
      keywords: [typed],
      leftSection: <ItemIcon name={icon} title={titles.get(blueprint) ?? blueprint} size={24} />,
      onClick: () => void navigate({ to: '/entities/$blueprint/$entity', params: { blueprint, entity: identifier } }),
    };
  });
  if (wanted && (found.isFetching || settled !== typed.trim())) return { actions, note: 'Searching…' };
  return { actions, note: wanted && found.error ? `Entities could not be searched. ${messageOf(found.error)}` : NOTHING };
}

function useCommands(entities: SpotlightActionGroupData['actions']): SpotlightActionGroupData[] {
  const navigate = useNavigate();
  const user = useUser();
  const actions = useQuery(actionsQuery).data ?? [];
  const blueprints = useQuery(blueprintsQuery).data ?? [];
  const runs = useQuery(latestRunsQuery(user.email)).data ?? [];
  return [
    {
      group: 'Pages',
      actions: [
        { id: 'page-self', label: 'Self-service', leftSection: <IconBolt size={20} />, onClick: () => void navigate({ to: '/self-serve' }) },
        { id: 'page-catalog', label: 'Catalog', leftSection: <IconStack2 size={20} />, onClick: () => void navigate({ to: '/catalog' }) },
        { id: 'page-runs', label: 'Runs', leftSection: <IconPlayerPlay size={20} />, onClick: () => void navigate({ to: '/runs' }) },
        { id: 'page-audit', label: 'Audit log', leftSection: <IconHistory size={20} />, onClick: () => void navigate({ to: '/settings/AuditLog' }) },
        {
          id: 'page-jq',
          label: 'Test jq',
          description: 'Try out an expression or a template',
          keywords: ['template', 'expression', 'evaluate'],
          leftSection: <IconCode size={20} />,
          onClick: () => void navigate({ to: '/jq' }),
        },
      ],
    },
    {
      group: 'Actions',
      actions: actions.map((action) => ({
        id: `action-${action.identifier}`,
        label: action.title || action.identifier,
        description: action.description ?? undefined,
        keywords: [action.identifier],
        leftSection: <ItemIcon name={action.icon} title={action.title || action.identifier} size={24} />,
        onClick: () => void navigate({ to: '/self-serve', search: { execute: action.identifier } }),
      })),
    },
    {
      group: 'Blueprints',
      actions: blueprints.map((blueprint) => ({
        id: `blueprint-${blueprint.identifier}`,
        label: blueprint.title || blueprint.identifier,
        keywords: [blueprint.identifier],
        leftSection: <ItemIcon name={blueprint.icon} title={blueprint.title || blueprint.identifier} size={24} />,
        onClick: () => void navigate({ to: '/catalog/$blueprint', params: { blueprint: blueprint.identifier } }),
      })),
    },
    { group: 'Entities', actions: entities },
    {
      group: 'My latest runs',
      actions: runs.map((run) => ({
        id: `run-${run.id}`,
        label: run.action.title || run.action.identifier,
        description: `${run.id} · ${run.statusLabel || statusText(run.status)}`,
        keywords: [run.id],
        leftSection: <IconPlayerPlay size={20} />,
        onClick: () => void navigate({ to: '/organization/run', search: { runId: run.id } }),
      })),
    },
  ];
}
