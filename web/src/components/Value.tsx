/**
 * One value of an entity, or one input of a run, drawn after its type and format: the same in tables and on pages. In a
 * table it is `compact`: one line, whatever it is.
 */
import { Anchor, Badge, Code, Group, Text } from '@mantine/core';
import type { JsonObject, JsonValue } from '@/api/types';
import { safeHref } from '@/lib/links';
import { oneLine, shownNumber } from '@/lib/values';
import { mantineColor } from './colors';
import { EntityLink } from './EntityLink';
import { JsonBlock } from './JsonBlock';
import { Markdown } from './Markdown';
import { Person, PersonByEmail } from './Person';
import { TeamLink } from './TeamLink';
import { When } from './When';

/** What a property or an input says of how its values are shown; both are more than this. */
export interface ValueSchema {
  format?: string | null;
  enumColors?: unknown;
  /** A calculation's name for `enumColors`. */
  colors?: unknown;
  blueprint?: unknown;
  /** What the elements of a list are; without it they are as the list says. */
  items?: (ValueSchema & { enum?: unknown }) | null;
}

interface Props {
  value: JsonValue | undefined;
  schema?: ValueSchema;
  compact?: boolean;
  /** Whether a plain text is one of several, and must be seen to end. */
  chip?: boolean;
  /** What it is the value of, which tells one structure of a page from another. */
  of?: string;
}

export function Value({ value, schema = {}, compact = false, chip = false, of }: Props) {
  if (value === undefined || value === null || value === '') {
    return (
      <Text c="dimmed" component="span" inherit role="img" aria-label="No value">
        —
      </Text>
    );
  }
  if (Array.isArray(value)) return <ListValue items={value} schema={schema.items ?? schema} compact={compact} of={of} />;
  if (typeof value === 'object') return <ObjectValue value={value as JsonObject} schema={schema} compact={compact} of={of} />;
  if (typeof value === 'boolean') return <Badge color={value ? 'green' : 'gray'}>{value ? 'Yes' : 'No'}</Badge>;
  if (typeof value === 'string') return <TextValue value={value} schema={schema} compact={compact} chip={chip} />;
  return <Colored text={shownNumber(value as number)} schema={schema} chip={chip} />;
}

/** How many elements of a list stand in a table. */
const IN_TABLE = 3;

function ListValue({ items, schema, compact, of }: { items: JsonValue[]; schema: ValueSchema; compact: boolean; of?: string }) {
  if (items.length === 0) return <Value value={null} />;
  if (items.some((item) => typeof item === 'object' && item !== null && !('identifier' in item) && schema.format !== 'labeled-url')) {
    return <Structure value={items} label={of ?? 'List'} compact={compact} />;
  }
  const shown = compact ? items.slice(0, IN_TABLE) : items;
  return (
    <Group gap={6}>
      {shown.map((item, index) => (
        <Value key={index} value={item} schema={schema} compact={compact} chip />
      ))}
      {items.length > shown.length && (
        <Text c="dimmed" component="span" inherit>
          +{items.length - shown.length}
        </Text>
      )}
    </Group>
  );
}

function ObjectValue({ value, schema, compact, of }: { value: JsonObject; schema: ValueSchema; compact: boolean; of?: string }) {
  if (typeof value.url === 'string' && schema.format === 'labeled-url') {
    const label = value.displayText ?? value.label;
    return <Link href={value.url} label={typeof label === 'string' ? label : value.url} />;
  }
  if (typeof value.identifier === 'string' && typeof schema.blueprint === 'string') {
    return <EntityLink blueprint={schema.blueprint} identifier={value.identifier} title={typeof value.title === 'string' ? value.title : null} />;
  }
  return <Structure value={value} label={of ?? 'Object'} compact={compact} />;
}

function Structure({ value, label, compact }: { value: JsonValue; label: string; compact: boolean }) {
  if (!compact) return <JsonBlock value={value} label={label} maxHeight={240} />;
  return <span className="lb-mono">{oneLine(JSON.stringify(value))}</span>;
}

function TextValue({ value, schema, compact, chip }: { value: string; schema: ValueSchema; compact: boolean; chip: boolean }) {
  switch (schema.format) {
    case 'url':
      return <Link href={value} label={value} />;
    case 'email':
    case 'idn-email':
      return <Link href={value.includes('@') ? `mailto:${value}` : value} label={value} />;
    case 'user':
      return <PersonByEmail email={value} />;
    case 'actor':
      return <Person id={value} />;
    case 'team':
      return <TeamLink team={value} />;
    case 'date-time':
    case 'timer':
      return <When at={value} />;
    case 'entity':
      return typeof schema.blueprint === 'string' ? <EntityLink blueprint={schema.blueprint} identifier={value} /> : <>{value}</>;
    case 'markdown':
      return compact ? <>{oneLine(value)}</> : <Markdown text={value} />;
    case 'yaml':
    case 'proto':
    case 'multi-line':
      return compact ? <span className="lb-mono">{oneLine(value)}</span> : <Code block>{value}</Code>;
    default:
      return <Colored text={value} schema={schema} chip={chip} />;
  }
}

function Colored({ text, schema, chip }: { text: string; schema: ValueSchema; chip: boolean }) {
  const color = ((schema.enumColors ?? schema.colors) as JsonObject | null | undefined)?.[text];
  if (typeof color === 'string') return <Badge color={mantineColor(color)}>{text}</Badge>;
  if (chip) return <Badge color="gray">{text}</Badge>;
  return <span className="lb-value">{text}</span>;
}

function Link({ href, label }: { href: string; label: string }) {
  const safe = safeHref(href);
  if (!safe) return <>{label}</>;
  return (
    <Anchor href={safe} target="_blank" rel="noopener noreferrer" inherit style={{ overflowWrap: 'anywhere' }}>
      {label}
    </Anchor>
  );
}
