/** Chooses one entity of a blueprint, or several, by title or identifier; the server looks for them. */
import { type ReactNode, useRef, useState } from 'react';
import { type ComboboxProps, Loader, MultiSelect, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import { entityChoicesQuery, entityTitle } from './queries';

interface Shared {
  label: ReactNode;
  description?: ReactNode;
  blueprint: string;
  error?: string;
  required?: boolean;
  disabled?: boolean;
  comboboxProps?: ComboboxProps;
}

interface Choice {
  value: string;
  label: string;
}

function useChoices(blueprint: string, chosen: string[]) {
  const [typed, setTyped] = useState('');
  const [settled] = useDebouncedValue(typed, 250);
  // A chosen entity shows its label in the field, and looking for that would hide all the others.
  const labels = useRef(new Map<string, string>());
  const isLabel = chosen.some((value) => labels.current.get(value) === settled);
  const entities = useQuery(entityChoicesQuery(blueprint, isLabel ? '' : settled));
  const data: Choice[] = (entities.data ?? []).map((entity) => {
    const title = entityTitle(entity);
    return { value: entity.identifier, label: title === entity.identifier ? title : `${title} (${entity.identifier})` };
  });
  for (const { value, label } of data) labels.current.set(value, label);
  // A value that is not among them, because others were looked for or it is gone, stays visible.
  for (const value of chosen) {
    if (value && !data.some((choice) => choice.value === value)) data.push({ value, label: labels.current.get(value) ?? value });
  }
  return {
    data,
    // They were chosen by the server; a second opinion about letters would only hide some.
    filter: ({ options }: { options: unknown }) => options as never,
    searchValue: typed,
    onSearchChange: setTyped,
    searchable: true,
    clearable: true,
    rightSection: entities.isFetching ? <Loader size={14} role="status" aria-label="Loading the choices" /> : undefined,
    nothingFoundMessage: entities.isError
      ? `The entities could not be loaded: ${messageOf(entities.error)}`
      : entities.isPending
        ? 'Loading…'
        : `No entity of ${blueprint} matches.`,
  };
}

export function EntityPicker({ blueprint, value, onChange, ...rest }: Shared & { value: string; onChange: (value: string) => void }) {
  const choices = useChoices(blueprint, [value]);
  return (
    <Select {...rest} {...choices} value={value || null} onChange={(chosen) => onChange(chosen ?? '')} placeholder={`Choose a ${blueprint}`} />
  );
}

export function EntityListPicker({ blueprint, value, onChange, ...rest }: Shared & { value: string[]; onChange: (value: string[]) => void }) {
  const choices = useChoices(blueprint, value);
  const placeholder = value.length === 0 ? `Choose from ${blueprint}` : undefined;
  return <MultiSelect {...rest} {...choices} value={value} onChange={onChange} placeholder={placeholder} />;
}
