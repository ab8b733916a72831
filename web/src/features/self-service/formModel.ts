/**
 * From an action's user inputs to a form and back: which control draws an input, in which order,
 * what it holds at first, what is wrong with it, and what is sent. Pure; no React, no requests.
 * Expressions (jqQuery) are not evaluated here: the server checks them again at execution.
 */
import type { InputSchema, JsonObject, JsonValue, OrQuery, UserInputs } from '@/api/types';

export type Control =
  | 'text'
  | 'select'
  | 'textarea'
  | 'code'
  | 'date-time'
  | 'user'
  | 'team'
  | 'entity'
  | 'password'
  | 'number'
  | 'toggle'
  | 'json'
  | 'multi-select'
  | 'entity-list'
  | 'text-list'
  | 'json-list';

/** What a control holds: text while it is being typed, a flag, or a list of texts. */
export type FieldValue = string | boolean | string[];
export type FormValues = Record<string, FieldValue>;

export interface Field {
  id: string;
  label: string;
  schema: InputSchema;
  control: Control;
  required: boolean;
  /** Inputs that must have a value before this one can be filled. */
  dependsOn: string[];
}

export interface SectionTitle {
  heading: string;
  description?: string;
}

export interface FormStep {
  title: string | null;
  items: ({ field: Field } | SectionTitle)[];
}

/** A literal, or undefined where the action has an expression. */
export function literal<T>(value: T): Exclude<T, { jqQuery: string }> | undefined {
  if (typeof value === 'object' && value !== null && 'jqQuery' in value) return undefined;
  return value as Exclude<T, { jqQuery: string }>;
}

export function controlFor(schema: InputSchema): Control {
  const options = literal(schema.enum);
  switch (schema.type) {
    case 'number':
      return options ? 'select' : 'number';
    case 'boolean':
      return 'toggle';
    case 'object':
      return 'json';
    case 'array':
      return listControl(schema);
    default:
      if (options) return 'select';
      return textControl(schema);
  }
}

function listControl({ items }: InputSchema): Control {
  if (literal(items?.enum)) return 'multi-select';
  if (items?.format === 'entity' && items.blueprint) return 'entity-list';
  return items?.type === 'object' || items?.type === 'array' ? 'json-list' : 'text-list';
}

function textControl({ format, encryption, blueprint }: InputSchema): Control {
  if (format === 'multi-line') return 'textarea';
  if (encryption) return 'password';
  switch (format) {
    case 'yaml':
    case 'markdown':
    case 'proto':
      return 'code';
    case 'date-time':
    case 'user':
    case 'team':
      return format;
    case 'entity':
      return blueprint ? 'entity' : 'text';
    default:
      return 'text';
  }
}

/** The steps of the form in order; one step without a title when the action has none. */
export function formSteps(inputs: UserInputs): FormStep[] {
  const shown = (visible: OrQuery<boolean> | undefined) => literal(visible) !== false;
  if (inputs.steps?.length) {
    return inputs.steps
      .filter((step) => shown(step.visible))
      .map((step) => ({ title: step.title, items: itemsOf(inputs, step.order ?? []) }));
  }
  // Inputs and titles that the order forgets come after those it names.
  const keys = [...Object.keys(inputs.titles ?? {}), ...Object.keys(inputs.properties)];
  const order = inputs.order ?? [];
  const rest = inputs.order ? keys.filter((key) => !order.includes(key)) : Object.keys(inputs.properties);
  return [{ title: null, items: itemsOf(inputs, [...order, ...rest]) }];
}

function itemsOf(inputs: UserInputs, order: string[]): FormStep['items'] {
  const items: FormStep['items'] = [];
  for (const key of order) {
    const title = inputs.titles?.[key];
    const schema = inputs.properties[key];
    if (title && literal(title.visible) !== false) items.push({ heading: title.title ?? key, description: title.description ?? undefined });
    if (schema && literal(schema.visible) !== false) items.push({ field: fieldOf(key, schema, inputs) });
  }
  return items;
}

function fieldOf(id: string, schema: InputSchema, inputs: UserInputs): Field {
  return {
    id,
    schema,
    label: schema.title || id,
    control: controlFor(schema),
    required: literal(inputs.required)?.includes(id) ?? false,
    dependsOn: schema.dependsOn ?? [],
  };
}

export function fieldsOf(steps: FormStep[]): Field[] {
  return steps.flatMap((step) => step.items.flatMap((item) => ('field' in item ? [item.field] : [])));
}

/** What the fields hold at first: the given inputs (of a run to repeat), else the defaults. */
export function initialValues(fields: Field[], given: JsonObject = {}): FormValues {
  return Object.fromEntries(
    fields.map((field) => {
      // What a run shows of a secret input is not the secret; it has to be typed again.
      const earlier = field.schema.encryption ? undefined : given[field.id];
      return [field.id, toField(field, earlier ?? literal(field.schema.default))];
    }),
  );
}

/** A JSON value as its control holds it. */
export function toField({ control }: Field, value: JsonValue | undefined): FieldValue {
  switch (control) {
    case 'toggle':
      return value === true;
    case 'multi-select':
    case 'entity-list':
    case 'text-list':
      return Array.isArray(value) ? value.map(asText) : [];
    case 'json':
    case 'json-list':
      return value === undefined || value === null ? '' : JSON.stringify(value, null, 2);
    default:
      return value === undefined || value === null ? '' : asText(value);
  }
}

/** Entities come back from a run as objects; a control needs their identifier. */
function asText(value: JsonValue): string {
  if (typeof value === 'object' && value !== null && 'identifier' in value) {
    if (typeof value.identifier === 'string') return value.identifier;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function isBlank(value: FieldValue | undefined): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) ? value.length === 0 : typeof value === 'string' && value.trim() === '';
}

/** What a control holds as the JSON to send; undefined leaves the input out. */
export function toJson(field: Field, value: FieldValue | undefined): JsonValue | undefined {
  if (typeof value === 'boolean') return value;
  if (isBlank(value) || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((item) => listItem(field.schema.items?.type, item));
  switch (field.control) {
    case 'json':
    case 'json-list':
      return JSON.parse(value) as JsonValue;
    case 'number':
      return Number(value);
    case 'select':
      return field.schema.type === 'number' ? Number(value) : value;
    default:
      return value;
  }
}

function listItem(type: string | undefined, item: string): JsonValue {
  if (type === 'number') return Number(item);
  if (type === 'boolean') return item === 'true';
  return item;
}

/** The inputs to send; blank ones are left out, so that the server applies their defaults. */
export function submission(fields: Field[], values: FormValues): JsonObject {
  const properties: JsonObject = {};
  for (const field of fields) {
    const value = toJson(field, values[field.id]);
    if (value !== undefined) properties[field.id] = value;
  }
  return properties;
}
