/** One property value of an entity, or one input of a run, drawn after its type and format. */
import { Anchor, Badge, Code, Group, Text } from '@mantine/core';
import type { InputSchema, JsonValue, Property } from '@/api/types';
import { safeHref } from '@/lib/links';
import { EntityLink } from './EntityLink';
import { JsonBlock } from './JsonBlock';
import { Markdown } from './Markdown';
import { When } from './When';

type Schema = Partial<Pick<Property, 'format' | 'enumColors'> & Pick<InputSchema, 'blueprint'>>;

export function Value({ value, schema = {} }: { value: JsonValue | undefined; schema?: Schema }) {
  if (value === undefined || value === null || value === '') {
    return (
      <Text c="dimmed" component="span" inherit aria-label="No value">
        —
      </Text>
    );
  }
  if (Array.isArray(value)) return <ListValue items={value} schema={schema} />;
  if (typeof value === 'object') return <ObjectValue value={value} schema={schema} />;
  if (typeof value === 'boolean') return <Badge color={value ? 'green' : 'gray'}>{value ? 'Yes' : 'No'}</Badge>;
  if (typeof value === 'string') return <TextValue value={value} schema={schema} />;
  return <Colored text={String(value)} schema={schema} />;
}

function ListValue({ items, schema }: { items: JsonValue[]; schema: Schema }) {
  if (items.length === 0) return <Value value={null} />;
  if (items.some((item) => typeof item === 'object' && item !== null && !('identifier' in item))) {
    return <JsonBlock value={items} label="List" maxHeight={240} />;
  }
  return (
    <Group gap={6}>
      {items.map((item, index) => (
        <Value key={index} value={item} schema={schema} />
      ))}
    </Group>
  );
}

function ObjectValue({ value, schema }: { value: { [key: string]: JsonValue }; schema: Schema }) {
  if (typeof value.url === 'string' && schema.format === 'labeled-url') {
    const label = value.displayText ?? value.label;
    return <Link href={value.url} label={typeof label === 'string' ? label : value.url} />;
  }
  if (typeof value.identifier === 'string' && schema.blueprint) {
    return <EntityLink blueprint={schema.blueprint} identifier={value.identifier} title={typeof value.title === 'string' ? value.title : null} />;
  }
  return <JsonBlock value={value} label="Object" maxHeight={240} />;
}

function TextValue({ value, schema }: { value: string; schema: Schema }) {
  switch (schema.format) {
    case 'url':
      return <Link href={value} label={value} />;
    case 'email':
    case 'idn-email':
    case 'user':
      return <Link href={value.includes('@') ? `mailto:${value}` : value} label={value} />;
    case 'date-time':
    case 'timer':
      return <When at={value} />;
    case 'entity':
      return schema.blueprint ? <EntityLink blueprint={schema.blueprint} identifier={value} /> : <>{value}</>;
    case 'markdown':
      return <Markdown text={value} />;
    case 'yaml':
    case 'proto':
    case 'multi-line':
      return <Code block>{value}</Code>;
    default:
      return <Colored text={value} schema={schema} />;
  }
}

function Colored({ text, schema }: { text: string; schema: Schema }) {
  const color = schema.enumColors?.[text];
  if (color) return <Badge color={mantineColor(color)}>{text}</Badge>;
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

const COLORS: Record<string, string> = {
  turquoise: 'teal',
  purple: 'grape',
  gold: 'yellow',
  silver: 'gray',
  paleBlue: 'cyan',
  darkGray: 'gray',
  lightGray: 'gray',
  bronze: 'orange',
  olive: 'lime',
  brown: 'orange',
};

/** The theme's nearest colour to one of the API's seventeen. */
export function mantineColor(color: string): string {
  return COLORS[color] ?? color;
}
