/** Ctrl/Cmd-K: jump to a page, run an action, open a blueprint's entities or a recent run. */
import { Kbd, UnstyledButton } from '@mantine/core';
import { Spotlight, type SpotlightActionGroupData, spotlight } from '@mantine/spotlight';
import { IconBolt, IconHistory, IconLayoutGrid, IconSearch, IconShieldCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { ItemIcon } from '@/components/ItemIcon';
import { StatusChip } from '@/components/StatusChip';
import { blueprintsQuery } from '@/features/catalog/queries';
import { latestRunsQuery } from '@/features/runs/queries';
import { actionsQuery } from '@/features/self-service/queries';
import { useUser } from '@/features/session/queries';
import classes from './Shell.module.css';

const isApple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

export function PaletteButton() {
  return (
    <UnstyledButton className={classes.palette} onClick={spotlight.open} aria-label="Search and jump" aria-keyshortcuts="Control+K Meta+K">
      <IconSearch size={17} />
      <span className={classes.paletteText}>Search or jump to…</span>
      <Kbd size="xs">{isApple ? '⌘' : 'Ctrl'} K</Kbd>
    </UnstyledButton>
  );
}

export function CommandPalette() {
  const groups = useCommands();
  return (
    <Spotlight
      actions={groups}
      shortcut={['mod + K']}
      nothingFound="Nothing fits. Try a part of a name."
      scrollable
      maxHeight={440}
      limit={30}
      highlightQuery
      searchProps={{
        leftSection: <IconSearch size={19} />,
        placeholder: 'Actions, pages, blueprints, runs…',
        'aria-label': 'Search and jump',
      }}
    />
  );
}

function useCommands(): SpotlightActionGroupData[] {
  const router = useRouter();
  const actions = useQuery(actionsQuery);
  const blueprints = useQuery(blueprintsQuery);
  const runs = useQuery(latestRunsQuery(useUser().email));
  return [
    {
      group: 'Pages',
      actions: [
        { id: 'p-self', label: 'Self-service', leftSection: <IconBolt size={20} />, onClick: () => void router.navigate({ to: '/self-serve' }) },
        { id: 'p-runs', label: 'Runs', leftSection: <IconHistory size={20} />, onClick: () => void router.navigate({ to: '/runs' }) },
        { id: 'p-catalog', label: 'Catalog', leftSection: <IconLayoutGrid size={20} />, onClick: () => void router.navigate({ to: '/catalog' }) },
        { id: 'p-audit', label: 'Audit log', leftSection: <IconShieldCheck size={20} />, onClick: () => void router.navigate({ to: '/settings/AuditLog' }) },
      ],
    },
    {
      group: 'Run an action',
      actions: (actions.data ?? []).map((action) => ({
        id: `a-${action.identifier}`,
        label: action.title || action.identifier,
        description: action.description ?? undefined,
        keywords: [action.identifier],
        leftSection: <ItemIcon name={action.icon} title={action.title || action.identifier} size={26} />,
        onClick: () => void router.navigate({ to: '/self-serve', search: { action: action.identifier } }),
      })),
    },
    {
      group: 'Blueprints',
      actions: (blueprints.data ?? []).map((blueprint) => ({
        id: `b-${blueprint.identifier}`,
        label: blueprint.title,
        keywords: [blueprint.identifier],
        leftSection: <ItemIcon name={blueprint.icon} title={blueprint.title} size={26} />,
        onClick: () => void router.navigate({ to: '/catalog/$blueprint', params: { blueprint: blueprint.identifier } }),
      })),
    },
    {
      group: 'My latest runs',
      actions: (runs.data ?? []).map((run) => ({
        id: `r-${run.id}`,
        label: run.action.title || run.action.identifier,
        description: run.id,
        leftSection: <IconHistory size={20} />,
        rightSection: <StatusChip status={run.status} size="sm" />,
        onClick: () => void router.navigate({ to: '/organization/run', search: { runId: run.id } }),
      })),
    },
  ];
}
