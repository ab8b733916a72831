/**
 * The keywords of an input's schema, checked before sending so that people need no round trip.
 * The server checks them again; this only has to agree with it. Pure.
 */
import type { JsonValue } from '@/api/types';
import { type Field, type FormValues, isEmpty, literal } from './model';

/** A sentence for every field that does not fit, by field id; hidden fields are the server's. */
export function faultsIn(fields: Field[], values: FormValues): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const field of fields) {
    if (field.hidden) continue;
    const fault = faultOf(field, values[field.id]);
    if (fault) faults[field.id] = fault;
  }
  return faults;
}

export function faultOf(field: Field, value: JsonValue | undefined): string | undefined {
  if (isEmpty(value)) return field.required ? `${field.label} is required.` : undefined;
  switch (field.schema.type) {
    case 'number':
      return numberFault(field, value);
    case 'array':
      return listFault(field, value);
    case 'object':
      return objectFault(value);
    case 'string':
      return field.kind === 'select' ? undefined : textFault(field, String(value));
    default:
      return undefined;
  }
}

function textFault({ schema, secret }: Field, text: string): string | undefined {
  const length = [...text].length;
  if (schema.minLength !== undefined && length < schema.minLength) {
    return `Enter at least ${count(schema.minLength, 'character')}; this has ${length}.`;
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    return `Enter at most ${count(schema.maxLength, 'character')}; this has ${length}.`;
  }
  const pattern = literal(schema.pattern);
  if (Array.isArray(pattern) && !pattern.includes(text)) return `Enter one of: ${pattern.join(', ')}.`;
  if (typeof pattern === 'string' && !matches(pattern, text)) {
    return secret ? `The value does not match the pattern ${pattern}.` : `"${text}" does not match the pattern ${pattern}.`;
  }
  return formatFault(schema.format, text);
}

/** JavaScript has no way to bound a regex; a pattern it cannot read is left to the server. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

function formatFault(format: string | undefined, text: string): string | undefined {
  switch (format) {
    case 'email':
    case 'idn-email':
    case 'user':
      return /^[^\s@]+@[^\s@]+$/.test(text) ? undefined : `"${text}" is not an e-mail address, such as ada@example.com.`;
    case 'url':
      return URL.canParse(text) ? undefined : `"${text}" is not a URL, such as https://example.com/page.`;
    case 'date-time':
    case 'timer':
      return Number.isNaN(Date.parse(text)) ? `"${text}" is not a date and time.` : undefined;
    case 'ipv4':
      return IPV4.test(text) ? undefined : `"${text}" is not an IPv4 address, such as 192.0.2.1.`;
    default:
      return undefined;
  }
}

function numberFault({ schema }: Field, value: JsonValue | undefined): string | undefined {
  const number = typeof value === 'number' ? value : Number(value);
  if (Number.isNaN(number)) return `"${String(value)}" is not a number.`;
  if (schema.minimum !== undefined && number < schema.minimum) return `Enter ${schema.minimum} or more.`;
  if (schema.maximum !== undefined && number > schema.maximum) return `Enter ${schema.maximum} or less.`;
  if (schema.exclusiveMinimum !== undefined && number <= schema.exclusiveMinimum) {
    return `Enter more than ${schema.exclusiveMinimum}.`;
  }
  if (schema.exclusiveMaximum !== undefined && number >= schema.exclusiveMaximum) {
    return `Enter less than ${schema.exclusiveMaximum}.`;
  }
  return undefined;
}

function listFault(field: Field, value: JsonValue | undefined): string | undefined {
  const { schema } = field;
  const items = field.kind === 'json-list' ? parsedList(value) : value;
  if (!Array.isArray(items)) return 'Enter a JSON list, such as [1, 2].';
  const fewest = literal(schema.minItems);
  const most = literal(schema.maxItems);
  if (fewest !== undefined && items.length < fewest) return `Choose at least ${count(fewest, 'value')}.`;
  if (most !== undefined && items.length > most) return `Choose at most ${count(most, 'value')}.`;
  if (schema.uniqueItems && new Set(items.map((item) => JSON.stringify(item))).size < items.length) {
    return 'Every value may appear only once.';
  }
  return itemFault(field, items);
}

function itemFault(field: Field, items: JsonValue[]): string | undefined {
  if (field.kind !== 'tags') return undefined;
  const itemField: Field = { ...field, required: false, schema: { ...field.schema.items, type: 'string' } };
  return items.map((item) => textFault(itemField, String(item))).find(Boolean);
}

function parsedList(value: JsonValue | undefined): unknown {
  try {
    return JSON.parse(String(value)) as unknown;
  } catch {
    return undefined;
  }
}

function objectFault(value: JsonValue | undefined): string | undefined {
  try {
    const parsed = JSON.parse(String(value)) as unknown;
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return undefined;
    return 'Enter a JSON object, such as {"key": "value"}.';
  } catch (error) {
    return `This is not valid JSON: ${(error as Error).message}`;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
