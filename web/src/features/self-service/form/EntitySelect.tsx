/** Choosing one or several entities of a blueprint by title; falls back to typing the identifier. */
import { Loader, MultiSelect, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { JsonValue } from '@/api/types';
import { entityChoicesQuery } from '@/features/catalog/queries';

interface Props {
  id: string;
  label: string;
  description?: string;
  withAsterisk?: boolean;
  disabled?: boolean;
  error?: string;
  multiple?: boolean;
  field: { blueprint?: string };
  value: JsonValue | undefined;
  onChange: (value: JsonValue | undefined) => void;
}

export function EntitySelect({ field, multiple, value, onChange, id, label, description, withAsterisk, disabled, error }: Props) {
  const blueprint = field.blueprint ?? '';
  const choices = useQuery({ ...entityChoicesQuery(blueprint), enabled: blueprint !== '' });
  const shared = { id, label, withAsterisk, disabled, error, 'aria-required': withAsterisk || undefined };

  if (blueprint === '' || choices.error) {
    return (
      <TextInput
        {...shared}
        description={choices.error ? `${messageOf(choices.error)} Type the identifier instead.` : description}
        value={Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : ''}
        onChange={({ currentTarget: { value: typed } }) => onChange(readTyped(typed, multiple))}
      />
    );
  }
  const select = {
    ...shared,
    description,
    data: choices.data ?? [],
    searchable: true,
    clearable: true,
    limit: 200,
    rightSection: choices.isPending ? <Loader size="xs" /> : undefined,
    nothingFoundMessage: choices.isPending ? 'Loading…' : choices.data?.length === 0 ? 'This blueprint has no entities yet' : 'No such entity',
  };
  if (multiple) {
    return <MultiSelect {...select} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} placeholder="Choose entities" />;
  }
  return (
    <Select
      {...select}
      value={typeof value === 'string' ? value : null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      placeholder="Choose an entity"
    />
  );
}

function readTyped(typed: string, multiple: boolean | undefined): JsonValue | undefined {
  if (typed.trim() === '') return undefined;
  return multiple ? typed.split(',').map((item) => item.trim()).filter(Boolean) : typed;
}
