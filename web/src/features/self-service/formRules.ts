/**
 * What is wrong with the value of one input, as a sentence that says how to put it right. The
 * server has the last word; this only spares a round trip. Pure.
 */
import { type Field, type FieldValue, type FormValues, isBlank, literal } from './formModel';

export type FieldErrors = Record<string, string>;

/** The faults of the given fields, by input. */
export function faultsIn(fields: Field[], values: FormValues): FieldErrors {
  const errors: FieldErrors = {};
  for (const field of fields) {
    const fault = faultOf(field, values[field.id]);
    if (fault) errors[field.id] = fault;
  }
  return errors;
}

export function faultOf(field: Field, value: FieldValue | undefined): string | null {
  if (isBlank(value)) return field.required ? missing(field) : null;
  if (typeof value === 'boolean' || value === undefined) return null;
  if (Array.isArray(value)) return listFault(field, value);
  switch (field.control) {
    case 'json':
      return jsonFault(value, 'object');
    case 'json-list':
      return jsonFault(value, 'array');
    case 'number':
      return numberFault(field, value);
    default:
      return textFault(field, value);
  }
}

function missing({ control, label }: Field): string {
  const chosen = ['select', 'entity', 'multi-select', 'entity-list', 'date-time'].includes(control);
  return chosen ? `Choose a value for “${label}”.` : `Fill in “${label}”.`;
}

function jsonFault(text: string, kind: 'object' | 'array'): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    return `This is not valid JSON: ${reason}`;
  }
  const isArray = Array.isArray(value);
  if (kind === 'array') return isArray ? null : 'Enter a JSON list, such as ["a", "b"].';
  const isObject = typeof value === 'object' && value !== null && !isArray;
  return isObject ? null : 'Enter a JSON object, such as {"key": "value"}.';
}

function numberFault({ schema }: Field, text: string): string | null {
  const value = Number(text);
  if (!Number.isFinite(value)) return `“${text}” is not a number.`;
  const [minimum, maximum] = [literal(schema.minimum), literal(schema.maximum)];
  const [exclusiveMinimum, exclusiveMaximum] = [literal(schema.exclusiveMinimum), literal(schema.exclusiveMaximum)];
  if (minimum !== undefined && value < minimum) return `Enter ${minimum} or more.`;
  if (maximum !== undefined && value > maximum) return `Enter ${maximum} or less.`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `Enter more than ${exclusiveMinimum}.`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return `Enter less than ${exclusiveMaximum}.`;
  return null;
}

function listFault({ schema }: Field, items: string[]): string | null {
  const least = literal(schema.minItems);
  const most = literal(schema.maxItems);
  if (least !== undefined && items.length < least) return `Give at least ${least} ${least === 1 ? 'value' : 'values'}.`;
  if (most !== undefined && items.length > most) return `Give at most ${most} ${most === 1 ? 'value' : 'values'}.`;
  if (schema.uniqueItems && new Set(items).size < items.length) return 'Each value may appear only once.';
  const wrong = schema.items?.type === 'number' ? items.find((item) => !Number.isFinite(Number(item))) : undefined;
  return wrong === undefined ? null : `“${wrong}” is not a number.`;
}

function textFault({ schema }: Field, text: string): string | null {
  const length = [...text].length;
  const [least, most] = [literal(schema.minLength), literal(schema.maxLength)];
  if (least !== undefined && length < least) return `Enter at least ${least} characters; these are ${length}.`;
  if (most !== undefined && length > most) return `Enter at most ${most} characters; these are ${length}.`;
  const pattern = literal(schema.pattern);
  if (typeof pattern === 'string' && !matches(pattern, text)) return `“${text}” does not fit the pattern ${pattern}`;
  return formatFault(schema.format, text);
}

/** A pattern this browser cannot read is left to the server. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

function formatFault(format: string | null | undefined, text: string): string | null {
  switch (format) {
    case 'email':
      return /^[^\s@]+@[^\s@]+$/.test(text) ? null : `“${text}” is not an e-mail address, such as ada@example.com.`;
    case 'url':
      return URL.canParse(text) ? null : `“${text}” is not a URL, such as https://example.com.`;
    case 'date-time':
      return Number.isNaN(Date.parse(text)) ? `“${text}” is not a date and time.` : null;
    case 'ipv4':
      return /^(\d{1,3})(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256)
        ? null
        : `“${text}” is not an IPv4 address, such as 10.0.0.1.`;
    default:
      return null;
  }
}
