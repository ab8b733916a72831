/** The input of one field, by its kind. Values go up as JSON; texts of objects stay text until sent. */
import {
  Autocomplete,
  JsonInput,
  MultiSelect,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  TagsInput,
  TextInput,
  Textarea,
} from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import { useQuery } from '@tanstack/react-query';
import type { JsonValue } from '@/api/types';
import { teamsQuery, usersQuery } from '../queries';
import { EntitySelect } from './EntitySelect';
import type { Field } from './model';

export interface InputProps {
  field: Field;
  value: JsonValue | undefined;
  error?: string;
  /** Why the field cannot be filled in yet, if so. */
  waitingFor?: string;
  onChange: (value: JsonValue | undefined) => void;
}

export function FieldInput(props: InputProps) {
  switch (props.field.kind) {
    case 'number':
      return <NumberField {...props} />;
    case 'boolean':
      return <BooleanField {...props} />;
    case 'select':
      return <SelectField {...props} />;
    case 'multi-select':
      return <MultiSelectField {...props} />;
    case 'tags':
      return <TagsField {...props} />;
    case 'entity':
    case 'multi-entity':
      return <EntitySelect {...props} {...common(props)} multiple={props.field.kind === 'multi-entity'} />;
    case 'date-time':
      return <DateTimeField {...props} />;
    case 'object':
    case 'json-list':
      return <JsonField {...props} />;
    case 'user':
    case 'team':
      return <PersonField {...props} />;
    default:
      return <TextField {...props} />;
  }
}

/** What every Mantine input takes. */
export function common({ field, error, waitingFor }: InputProps) {
  return {
    id: `input-${field.id}`,
    name: field.id,
    label: field.label,
    description: waitingFor ? `Fill in ${waitingFor} first.` : field.description,
    withAsterisk: field.required,
    'aria-required': field.required || undefined,
    disabled: field.disabled || waitingFor !== undefined,
    error,
  };
}

function TextField(props: InputProps) {
  const { field, value, onChange } = props;
  const shared = { ...common(props), value: typeof value === 'string' ? value : '' };
  const set = (text: string) => onChange(text === '' ? undefined : text);
  if (field.kind === 'multi-line' || field.kind === 'code') {
    const mono = field.kind === 'code' ? { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } } : undefined;
    return <Textarea {...shared} autosize minRows={3} maxRows={14} spellCheck={field.kind !== 'code'} styles={mono} onChange={(event) => set(event.currentTarget.value)} />;
  }
  if (field.secret) {
    return <PasswordInput {...shared} autoComplete="off" onChange={(event) => set(event.currentTarget.value)} />;
  }
  const type = field.kind === 'url' ? 'url' : field.kind === 'email' ? 'email' : 'text';
  const placeholder = { url: 'https://', email: 'name@example.com', text: undefined }[type];
  return <TextInput {...shared} type={type} placeholder={placeholder} autoComplete="off" onChange={(event) => set(event.currentTarget.value)} />;
}

function NumberField(props: InputProps) {
  const { field, value, onChange } = props;
  return (
    <NumberInput
      {...common(props)}
      value={typeof value === 'number' || typeof value === 'string' ? value : ''}
      min={field.schema.minimum}
      max={field.schema.maximum}
      clampBehavior="none"
      onChange={(next) => onChange(next === '' ? undefined : next)}
    />
  );
}

function BooleanField(props: InputProps) {
  const { withAsterisk: _asterisk, 'aria-required': _required, ...shared } = common(props);
  return <Switch {...shared} checked={props.value === true} onChange={(event) => props.onChange(event.currentTarget.checked)} />;
}

function SelectField(props: InputProps) {
  const { field, value, onChange } = props;
  const back = (chosen: string | null) => field.choices.find((choice) => String(choice) === chosen);
  return (
    <Select
      {...common(props)}
      data={field.choices.map((choice) => ({ value: String(choice), label: String(choice) }))}
      value={value === undefined || value === null ? null : String(value)}
      onChange={(chosen) => onChange(back(chosen))}
      searchable={field.choices.length > 8}
      clearable={!field.required}
      placeholder="Choose one"
      nothingFoundMessage="No such choice"
    />
  );
}

function MultiSelectField(props: InputProps) {
  const { field, value, onChange } = props;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  return (
    <MultiSelect
      {...common(props)}
      data={field.choices.map(String)}
      value={chosen}
      onChange={(next) => onChange(field.choices.filter((choice) => next.includes(String(choice))))}
      searchable
      clearable
      placeholder={chosen.length === 0 ? 'Choose any' : undefined}
      nothingFoundMessage="No such choice"
    />
  );
}

function TagsField(props: InputProps) {
  const { field, value, onChange } = props;
  const tags = Array.isArray(value) ? value.map(String) : [];
  return (
    <TagsInput
      {...common(props)}
      value={tags}
      onChange={(next) => onChange(next)}
      allowDuplicates={!field.schema.uniqueItems}
      acceptValueOnBlur
      placeholder={tags.length === 0 ? 'Type a value, then Enter' : undefined}
    />
  );
}

function DateTimeField(props: InputProps) {
  const { value, onChange } = props;
  const instant = typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value) : null;
  return (
    <DateTimePicker
      {...common(props)}
      value={instant}
      // The picker speaks local time without a zone; the API gets the instant.
      onChange={(next) => onChange(next ? new Date(next).toISOString() : undefined)}
      clearable
      valueFormat="DD MMM YYYY HH:mm"
      placeholder="Choose date and time"
    />
  );
}

function JsonField(props: InputProps) {
  const { field, value, onChange } = props;
  return (
    <JsonInput
      {...common(props)}
      value={typeof value === 'string' ? value : ''}
      onChange={(next) => onChange(next === '' ? undefined : next)}
      formatOnBlur
      autosize
      minRows={4}
      maxRows={16}
      placeholder={field.kind === 'object' ? '{ }' : '[ ]'}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
    />
  );
}

/** Suggests who there is, and takes any text: the list may be out of this caller's sight. */
function PersonField(props: InputProps) {
  const { field, value, onChange } = props;
  const people = useQuery({ ...usersQuery, enabled: field.kind === 'user' });
  const teams = useQuery({ ...teamsQuery, enabled: field.kind === 'team' });
  const known = field.kind === 'user' ? people.data : teams.data;
  return (
    <Autocomplete
      {...common(props)}
      data={known ?? []}
      limit={20}
      value={typeof value === 'string' ? value : ''}
      onChange={(next) => onChange(next === '' ? undefined : next)}
      placeholder={field.kind === 'user' ? 'name@example.com' : 'Team name'}
      autoComplete="off"
    />
  );
}
