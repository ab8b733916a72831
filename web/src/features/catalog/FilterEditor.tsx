/** Enters one filter: what, how compared, with what. The operators and the control follow from the field's type. */
import { type FormEvent, useState } from 'react';
import { Button, MultiSelect, NumberInput, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import { useQuery } from '@tanstack/react-query';
import dayjs from 'dayjs';
import { teamsQuery } from '@/components/people';
import { EntityListPicker, EntityPicker } from '@/features/entities/EntityPicker';
import { type Field, GROUPS } from './fields';
import { type Entry, type Filter, type FilterValue, type Operator, PRESETS, type Span, choiceOf, fieldOf, isComplete, operatorsOf } from './filters';

interface Props {
  fields: Field[];
  initial?: Filter;
  submitLabel: string;
  onSubmit: (filter: Filter) => void;
}

// Lists that open from here lie in the same popover, or choosing would count as leaving it.
const INSIDE = { comboboxProps: { withinPortal: false } };

export function FilterEditor({ fields, initial, submitLabel, onSubmit }: Props) {
  const [id, setId] = useState(initial?.field ?? '');
  const field = id ? fieldOf(fields, id) : undefined;
  const [operator, setOperator] = useState<Operator | undefined>(initial?.operator);
  const [value, setValue] = useState<FilterValue | undefined>(initial?.value);
  const entry = field && operator ? choiceOf(field, operator).entry : 'none';
  const filter: Filter | undefined = field && operator && { field: id, operator, ...(entry === 'none' || value === undefined ? {} : { value }) };
  const complete = filter && field && isComplete(filter, field);

  const chooseField = (next: string | null) => {
    if (!next) return;
    setId(next);
    setOperator(operatorsOf(fieldOf(fields, next))[0]?.operator);
    setValue(undefined);
  };
  const chooseOperator = (next: string | null) => {
    if (!field || !next) return;
    // A value stays as long as it is entered in the same way.
    if (choiceOf(field, next as Operator).entry !== entry) setValue(undefined);
    setOperator(next as Operator);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (filter && complete) onSubmit(filter);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <Select
          label="Property"
          placeholder="Choose what to filter by"
          data={GROUPS.map((group) => ({
            group,
            items: fields.filter((each) => each.group === group).map((each) => ({ value: each.id, label: each.title })),
          })).filter(({ items }) => items.length > 0)}
          value={id || null}
          onChange={chooseField}
          searchable
          allowDeselect={false}
          data-autofocus={initial ? undefined : true}
          nothingFoundMessage="No such property"
          maxDropdownHeight={220}
          {...INSIDE}
        />
        {field && (
          <Select
            label="Comparison"
            data={operatorsOf(field).map((choice) => ({ value: choice.operator, label: choice.label }))}
            value={operator ?? null}
            onChange={chooseOperator}
            allowDeselect={false}
            maxDropdownHeight={220}
            {...INSIDE}
          />
        )}
        {field && entry !== 'none' && <ValueInput key={`${id} ${entry}`} field={field} entry={entry} value={value} onChange={setValue} focus={Boolean(initial)} />}
        <Button type="submit" disabled={!complete}>
          {submitLabel}
        </Button>
      </Stack>
    </form>
  );
}

interface ValueProps {
  field: Field;
  entry: Entry;
  value: FilterValue | undefined;
  onChange: (value: FilterValue | undefined) => void;
  focus: boolean;
}

function ValueInput({ field, entry, value, onChange, focus }: ValueProps) {
  const shared = { label: 'Value', 'data-autofocus': focus || undefined };
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const list = Array.isArray(value) ? value.map(String) : [];
  const typed = (texts: string[]) => onChange(field.kind === 'number' ? texts.map(Number).filter((n) => !Number.isNaN(n)) : texts.map((each) => optionOf(field, each)));
  if (entry === 'span') return <SpanInput value={typeof value === 'object' && !Array.isArray(value) ? value : {}} onChange={onChange} />;
  if (entry === 'instant') return <InstantInput label="Instant" value={text} onChange={onChange} />;
  if (field.kind === 'teams') return <TeamsInput value={list} onChange={onChange} />;
  if (field.target && entry === 'one') return <EntityPicker {...shared} {...INSIDE} blueprint={field.target} value={text} onChange={onChange} />;
  if (field.target && entry === 'several') return <EntityListPicker {...shared} {...INSIDE} blueprint={field.target} value={list} onChange={onChange} />;
  if (field.kind === 'boolean') {
    return (
      <Select
        {...shared}
        {...INSIDE}
        data={[
          { value: 'true', label: 'Yes' },
          { value: 'false', label: 'No' },
        ]}
        value={typeof value === 'boolean' ? String(value) : null}
        onChange={(next) => onChange(next === null ? undefined : next === 'true')}
        allowDeselect={false}
        placeholder="Choose"
      />
    );
  }
  const options = field.options && [...new Set(field.options.map(String))];
  if (entry === 'several') {
    return options ? (
      <MultiSelect {...shared} {...INSIDE} data={options} value={list} onChange={typed} searchable placeholder={list.length === 0 ? 'Choose' : undefined} />
    ) : (
      <TagsInput {...shared} {...INSIDE} value={list} onChange={typed} acceptValueOnBlur placeholder={list.length === 0 ? 'Type a value and press Enter' : undefined} />
    );
  }
  if (entry === 'one' && options) {
    return <Select {...shared} {...INSIDE} data={options} value={text || null} onChange={(next) => onChange(next === null ? undefined : optionOf(field, next))} searchable allowDeselect={false} placeholder="Choose" />;
  }
  if (field.kind === 'number') {
    return <NumberInput {...shared} value={text} onChange={(next) => onChange(next === '' || Number.isNaN(Number(next)) ? undefined : Number(next))} />;
  }
  return <TextInput {...shared} value={text} onChange={(event) => onChange(event.currentTarget.value || undefined)} />;
}

/** The option as the blueprint has it: a number stays a number. */
function optionOf(field: Field, text: string): string | number {
  return field.options?.find((option) => String(option) === text) ?? text;
}

function TeamsInput({ value, onChange }: { value: string[]; onChange: (value: string[]) => void }) {
  const teams = useQuery(teamsQuery).data ?? new Map<string, string>();
  const data = [...teams].map(([id, label]) => ({ value: id, label }));
  return <MultiSelect label="Value" {...INSIDE} data={data} value={value} onChange={onChange} searchable placeholder={value.length === 0 ? 'Choose teams' : undefined} nothingFoundMessage="No such team" />;
}

const CUSTOM = 'custom';

function SpanInput({ value, onChange }: { value: Span; onChange: (value: Span | undefined) => void }) {
  const [custom, setCustom] = useState(value.preset === undefined && (value.from !== undefined || value.to !== undefined));
  const choose = (next: string | null) => {
    setCustom(next === CUSTOM);
    onChange(next === CUSTOM || next === null ? undefined : { preset: next });
  };
  return (
    <>
      <Select
        label="Time"
        data={[...PRESETS, { value: CUSTOM, label: 'from … to …' }]}
        value={custom ? CUSTOM : (value.preset ?? null)}
        onChange={choose}
        allowDeselect={false}
        placeholder="Choose"
        maxDropdownHeight={220}
        {...INSIDE}
      />
      {custom && (
        <>
          <InstantInput label="From" value={value.from ?? ''} onChange={(from) => onChange({ ...value, from })} />
          <InstantInput label="To" value={value.to ?? ''} onChange={(to) => onChange({ ...value, to })} />
        </>
      )}
    </>
  );
}

/** Picked in the reader's zone, sent as an instant in UTC. */
function InstantInput({ label, value, onChange }: { label: string; value: string; onChange: (value: string | undefined) => void }) {
  return (
    <DateTimePicker
      label={label}
      value={value && dayjs(value).isValid() ? dayjs(value).format('YYYY-MM-DD HH:mm:ss') : null}
      onChange={(next) => onChange(next ? dayjs(next).toISOString() : undefined)}
      valueFormat="D MMM YYYY, HH:mm"
      placeholder="Choose a date and time"
      clearable
      popoverProps={{ withinPortal: false }}
    />
  );
}
