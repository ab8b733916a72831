/** Draws the control of one input; what it holds and what is wrong with it belong to the form. */
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
import dayjs from 'dayjs';
import { useQuery } from '@tanstack/react-query';
import { peopleQuery, teamsQuery } from '@/components/people';
import { displayName } from '@/features/session/queries';
import { EntityListPicker, EntityPicker } from '@/features/entities/EntityPicker';
import type { InputSchema } from '@/api/types';
import { type Field, type FieldValue, literal } from './formModel';

interface Props {
  field: Field;
  value: FieldValue;
  error?: string;
  /** Inputs that must be filled before this one. */
  waitsFor: string[];
  onChange: (value: FieldValue) => void;
}

export function InputField({ field, value, error, waitsFor, onChange }: Props) {
  const { schema, control } = field;
  const shared = {
    label: field.label,
    description: waitsFor.length > 0 ? `Fill in ${waitsFor.join(', ')} first.` : (schema.description ?? undefined),
    error,
    required: field.required,
    disabled: waitsFor.length > 0 || literal(schema.disabled) === true,
    name: field.id,
  };
  const text = typeof value === 'string' ? value : '';
  const list = Array.isArray(value) ? value : [];
  switch (control) {
    case 'toggle':
      return <Switch {...shared} required={false} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case 'number':
      return <NumberInput {...shared} value={text} onChange={(next) => onChange(String(next))} min={literal(schema.minimum)} max={literal(schema.maximum)} clampBehavior="none" />;
    case 'select':
      return <Select {...shared} data={choices(schema.enum)} value={text || null} onChange={(next) => onChange(next ?? '')} searchable clearable={!field.required} placeholder="Choose" />;
    case 'multi-select':
      return <MultiSelect {...shared} data={choices(schema.items?.enum)} value={list} onChange={onChange} searchable clearable />;
    case 'entity':
      return <EntityPicker {...shared} blueprint={schema.blueprint ?? ''} value={text} onChange={onChange} />;
    case 'entity-list':
      return <EntityListPicker {...shared} blueprint={schema.items?.blueprint ?? ''} value={list} onChange={onChange} />;
    case 'text-list':
      return <TagsInput {...shared} value={list} onChange={onChange} allowDuplicates={!schema.uniqueItems} acceptValueOnBlur placeholder={list.length === 0 ? 'Type a value and press Enter' : undefined} />;
    case 'json':
    case 'json-list':
      return <JsonInput {...shared} value={text} onChange={onChange} autosize minRows={4} maxRows={16} placeholder={control === 'json' ? '{ }' : '[ ]'} styles={MONOSPACE} spellCheck={false} />;
    case 'textarea':
      return <Textarea {...shared} value={text} onChange={(event) => onChange(event.currentTarget.value)} autosize minRows={3} maxRows={16} />;
    case 'code':
      return <Textarea {...shared} value={text} onChange={(event) => onChange(event.currentTarget.value)} autosize minRows={5} maxRows={20} styles={MONOSPACE} spellCheck={false} />;
    case 'password':
      return <PasswordInput {...shared} value={text} onChange={(event) => onChange(event.currentTarget.value)} autoComplete="off" />;
    case 'date-time':
      return <DateTimeField {...shared} text={text} onChange={onChange} />;
    case 'user':
      return <UserField {...shared} text={text} onChange={onChange} />;
    case 'team':
      return <TeamField {...shared} text={text} onChange={onChange} />;
    default:
      return <TextInput {...shared} type={INPUT_TYPES[schema.format ?? ''] ?? 'text'} placeholder={PLACEHOLDERS[schema.format ?? '']} value={text} onChange={(event) => onChange(event.currentTarget.value)} />;
  }
}

interface TextFieldProps {
  label: string;
  description?: string;
  error?: string;
  required: boolean;
  disabled: boolean;
  name: string;
  text: string;
  onChange: (value: string) => void;
}

/** Picked in the reader's zone, sent as an instant in UTC. */
function DateTimeField({ text, onChange, ...rest }: TextFieldProps) {
  const shown = text && dayjs(text).isValid() ? dayjs(text).format('YYYY-MM-DD HH:mm:ss') : null;
  return (
    <DateTimePicker
      {...rest}
      value={shown}
      onChange={(next) => onChange(next ? dayjs(next).toISOString() : '')}
      valueFormat="D MMM YYYY, HH:mm"
      placeholder="Choose a date and time"
      clearable
    />
  );
}

/** Most suggestions at once; typing finds the others. */
const SUGGESTIONS = 20;

/** Suggests the people of the organization by name or address. The address counts; the server knows whether it fits. */
function UserField({ text, ...rest }: TextFieldProps) {
  const people = [...(useQuery(peopleQuery).data?.values() ?? [])];
  const names = new Map(people.map((person) => [person.email, displayName(person)]));
  return (
    <Autocomplete
      {...rest}
      value={text}
      data={[...names.keys()]}
      limit={SUGGESTIONS}
      filter={({ options, search }) => options.filter((option) => 'value' in option && `${option.value} ${names.get(option.value)}`.toLowerCase().includes(search.trim().toLowerCase()))}
      renderOption={({ option }) => {
        const name = names.get(option.value);
        return name && name !== option.value ? `${name} (${option.value})` : option.value;
      }}
      placeholder="E-mail of a user"
    />
  );
}

function TeamField({ text, ...rest }: TextFieldProps) {
  const teams = useQuery(teamsQuery).data ?? new Map<string, string>();
  return <Autocomplete {...rest} value={text} data={[...new Set(teams.values())]} limit={SUGGESTIONS} placeholder="Name of a team" />;
}

const MONOSPACE = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } };
const INPUT_TYPES: Record<string, string> = { email: 'email', url: 'url' };
const PLACEHOLDERS: Record<string, string> = {
  email: 'ada@example.com',
  url: 'https://',
  ipv4: '10.0.0.1',
};

function choices(options: InputSchema['enum']) {
  return [...new Set((literal(options) ?? []).map(String))];
}
