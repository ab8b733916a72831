/** Chooses one entity of a blueprint, or several, by title or identifier. */
import type { ReactNode } from 'react';
import { Loader, MultiSelect, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import { entitiesQuery } from '@/features/entities/queries';

interface Shared {
  label: ReactNode;
  description?: ReactNode;
  blueprint: string;
  error?: string;
  required?: boolean;
  disabled?: boolean;
}

/** How many choices are drawn at once; typing narrows them. */
const SHOWN = 100;

function useChoices(blueprint: string, chosen: string[]) {
  const entities = useQuery(entitiesQuery(blueprint));
  const data = (entities.data ?? []).map(({ identifier, title }) => ({
    value: identifier,
    label: title && title !== identifier ? `${title} (${identifier})` : identifier,
  }));
  // A value that is not among them, because they are not here yet or it is gone, stays visible.
  for (const value of chosen) {
    if (value && !data.some((choice) => choice.value === value)) data.push({ value, label: value });
  }
  const nothing = entities.isError
    ? `The entities could not be loaded: ${messageOf(entities.error)}`
    : entities.isPending
      ? 'Loading…'
      : `No entity of ${blueprint} matches.`;
  return { data, nothing, loading: entities.isPending };
}

export function EntityPicker({ blueprint, value, onChange, ...rest }: Shared & { value: string; onChange: (value: string) => void }) {
  const { data, nothing, loading } = useChoices(blueprint, [value]);
  return (
    <Select
      {...rest}
      data={data}
      value={value || null}
      onChange={(chosen) => onChange(chosen ?? '')}
      searchable
      clearable
      limit={SHOWN}
      nothingFoundMessage={nothing}
      placeholder={`Choose a ${blueprint}`}
      rightSection={loading ? <Loader size={14} /> : undefined}
    />
  );
}

export function EntityListPicker({ blueprint, value, onChange, ...rest }: Shared & { value: string[]; onChange: (value: string[]) => void }) {
  const { data, nothing } = useChoices(blueprint, value);
  return (
    <MultiSelect
      {...rest}
      data={data}
      value={value}
      onChange={onChange}
      searchable
      clearable
      limit={SHOWN}
      nothingFoundMessage={nothing}
      placeholder={value.length === 0 ? `Choose from ${blueprint}` : undefined}
    />
  );
}
