/** Above a table: search, filters and columns. All of them are in the address. */
import { useState } from 'react';
import { ActionIcon, Button, Group, Popover, SegmentedControl, Text } from '@mantine/core';
import { IconFilterPlus, IconSearch, IconX } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { TypedFilter } from '@/components/TypedFilter';
import { ColumnsMenu } from './ColumnsMenu';
import type { Field } from './fields';
import { type Filter, fieldOf, filterText, printFilters } from './filters';
import { FilterEditor } from './FilterEditor';
import classes from './TableToolbar.module.css';

const route = getRouteApi('/portal/catalog/$blueprint');

interface Props {
  fields: Field[];
  columns: Field[];
  filters: Filter[];
  count: number | undefined;
}

export function TableToolbar({ fields, columns, filters, count }: Props) {
  const { match, q } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Record<string, string | undefined>) =>
    void navigate({ search: (previous) => ({ ...previous, ...part }), replace: true });
  const setFilters = (next: Filter[]) => change({ filters: printFilters(next), ...(next.length < 2 ? { match: undefined } : {}) });
  return (
    <div role="search" aria-label="Filter the entities">
      <Group gap="sm" mb="sm">
        <TypedFilter
          type="search"
          aria-label="Search entities"
          placeholder="Search"
          leftSection={<IconSearch size={16} />}
          value={q}
          onChange={(words) => change({ q: words })}
          className={classes.search}
        />
        <AddFilter fields={fields} onAdd={(filter) => setFilters([...filters, filter])} />
        <ColumnsMenu fields={fields} columns={columns} onChange={(chosen) => change({ columns: chosen })} />
        <Text size="sm" c="dimmed" role="status" ml="auto">
          {count === undefined ? '' : count === 1 ? '1 entity' : `${count.toLocaleString()} entities`}
        </Text>
      </Group>
      {filters.length > 0 && (
        <Group gap="xs" mb="sm" role="group" aria-label="Filters">
          {filters.length > 1 && (
            <SegmentedControl
              size="xs"
              aria-label="How filters combine"
              value={match === 'any' ? 'any' : 'all'}
              onChange={(value) => change({ match: value === 'any' ? 'any' : undefined })}
              data={[
                { value: 'all', label: 'All of' },
                { value: 'any', label: 'Any of' },
              ]}
            />
          )}
          {filters.map((filter, place) => (
            <FilterPill
              key={`${place} ${filter.field}`}
              fields={fields}
              filter={filter}
              onChange={(next) => setFilters(filters.map((each, at) => (at === place ? next : each)))}
              onRemove={() => setFilters(filters.filter((_, at) => at !== place))}
            />
          ))}
          <Button variant="subtle" size="compact-sm" onClick={() => setFilters([])}>
            Clear
          </Button>
        </Group>
      )}
    </div>
  );
}

function AddFilter({ fields, onAdd }: { fields: Field[]; onAdd: (filter: Filter) => void }) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" width={320} trapFocus returnFocus shadow="md">
      <Popover.Target>
        <Button variant="default" leftSection={<IconFilterPlus size={16} />} onClick={() => setOpened(!opened)} aria-expanded={opened}>
          Filter
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="New filter">
        <FilterEditor
          fields={fields}
          submitLabel="Add"
          onSubmit={(filter) => {
            onAdd(filter);
            setOpened(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

interface PillProps {
  fields: Field[];
  filter: Filter;
  onChange: (filter: Filter) => void;
  onRemove: () => void;
}

function FilterPill({ fields, filter, onChange, onRemove }: PillProps) {
  const [opened, setOpened] = useState(false);
  const text = filterText(filter, fieldOf(fields, filter.field));
  return (
    <Group gap={0} wrap="nowrap" className={classes.pill}>
      <Popover opened={opened} onChange={setOpened} position="bottom-start" width={320} trapFocus returnFocus shadow="md">
        <Popover.Target>
          <Button variant="light" size="compact-sm" onClick={() => setOpened(!opened)} aria-expanded={opened} aria-label={`Change the filter: ${text}`} className={classes.pillText}>
            {text}
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label="Filter">
          <FilterEditor
            fields={fields}
            initial={filter}
            submitLabel="Apply"
            onSubmit={(next) => {
              onChange(next);
              setOpened(false);
            }}
          />
        </Popover.Dropdown>
      </Popover>
      <ActionIcon variant="light" size={26} onClick={onRemove} aria-label={`Remove the filter: ${text}`} className={classes.pillRemove}>
        <IconX size={13} />
      </ActionIcon>
    </Group>
  );
}
