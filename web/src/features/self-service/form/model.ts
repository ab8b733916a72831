/**
 * From an action's user inputs to a form: which fields there are, in which steps and sections, and
 * how their values travel. Pure. Expressions (`jqQuery`) are the server's to evaluate; a field
 * governed by one is shown and left to the server's answer.
 */
import type { InputSchema, InputTitle, JsonObject, JsonValue, OrQuery, UserInputs } from '@/api/types';

export type FieldKind =
  | 'text'
  | 'multi-line'
  | 'code'
  | 'url'
  | 'email'
  | 'date-time'
  | 'select'
  | 'user'
  | 'team'
  | 'entity'
  | 'number'
  | 'boolean'
  | 'object'
  | 'tags'
  | 'multi-select'
  | 'multi-entity'
  | 'json-list';

export interface Field {
  id: string;
  kind: FieldKind;
  label: string;
  description?: string;
  required: boolean;
  disabled: boolean;
  hidden: boolean;
  secret: boolean;
  /** Of select and multi-select, in the order given. */
  choices: (string | number)[];
  /** The blueprint whose entities can be chosen. */
  blueprint?: string;
  dependsOn: string[];
  schema: InputSchema;
}

export interface Section {
  id: string;
  title?: string;
  description?: string;
  fields: Field[];
}

export interface Step {
  title?: string;
  sections: Section[];
}

/** What the fields hold while being edited: objects as text, everything else as its JSON value. */
export type FormValues = Record<string, JsonValue | undefined>;

export function stepsOf(inputs: UserInputs): Step[] {
  if (inputs.steps && inputs.steps.length > 0) {
    return inputs.steps
      .filter((step) => step.visible !== false)
      .map((step) => ({ title: step.title, sections: sectionsOf(inputs, step.order) }));
  }
  return [{ sections: sectionsOf(inputs, fullOrder(inputs)) }];
}

export function fieldsOf(steps: Step[]): Field[] {
  return steps.flatMap((step) => step.sections.flatMap((section) => section.fields));
}

/** The order as given, then what it does not mention. */
function fullOrder(inputs: UserInputs): string[] {
  const order = inputs.order ?? [];
  const rest = Object.keys(inputs.properties).filter((id) => !order.includes(id));
  return [...order, ...rest];
}

/** A title's key within the order begins a section. */
function sectionsOf(inputs: UserInputs, order: string[]): Section[] {
  const sections: Section[] = [];
  let section: Section = { id: '', fields: [] };
  for (const id of order) {
    const title: InputTitle | undefined = inputs.titles?.[id];
    const schema = inputs.properties[id];
    if (schema) section.fields.push(fieldOf(id, schema, inputs.required));
    else if (title && title.visible !== false) {
      if (section.fields.length > 0 || section.title) sections.push(section);
      section = { id, title: title.title, description: title.description, fields: [] };
    }
  }
  if (section.fields.length > 0 || section.title) sections.push(section);
  return sections;
}

export function fieldOf(id: string, schema: InputSchema, required: OrQuery<string[]> | undefined): Field {
  return {
    id,
    kind: kindOf(schema),
    label: schema.title || id,
    description: schema.description,
    required: Array.isArray(required) && required.includes(id),
    disabled: schema.disabled === true,
    hidden: schema.visible === false,
    secret: schema.encryption !== undefined,
    choices: literal(schema.enum) ?? literal(schema.items?.enum) ?? [],
    blueprint: schema.blueprint ?? schema.items?.blueprint,
    dependsOn: schema.dependsOn ?? [],
    schema,
  };
}

const STRING_KINDS: Record<string, FieldKind> = {
  'multi-line': 'multi-line',
  markdown: 'code',
  yaml: 'code',
  proto: 'code',
  url: 'url',
  email: 'email',
  'idn-email': 'email',
  'date-time': 'date-time',
  timer: 'date-time',
  user: 'user',
  team: 'team',
  entity: 'entity',
};

function kindOf(schema: InputSchema): FieldKind {
  switch (schema.type) {
    case 'number':
      return literal(schema.enum) ? 'select' : 'number';
    case 'boolean':
      return 'boolean';
    case 'object':
      return 'object';
    case 'array':
      return listKindOf(schema);
    default:
      if (literal(schema.enum)) return 'select';
      return STRING_KINDS[schema.format ?? ''] ?? 'text';
  }
}

function listKindOf(schema: InputSchema): FieldKind {
  const items = schema.items ?? {};
  if (literal(items.enum) || literal(schema.enum)) return 'multi-select';
  if (items.format === 'entity') return 'multi-entity';
  return items.type === undefined || items.type === 'string' ? 'tags' : 'json-list';
}

/** The value if it is not an expression. */
export function literal<T>(value: OrQuery<T> | undefined): T | undefined {
  if (typeof value === 'object' && value !== null && 'jqQuery' in value) return undefined;
  return value as T | undefined;
}

/** Defaults, overlaid with the values of an earlier run if there is one. */
export function initialValues(fields: Field[], earlier: JsonObject = {}): FormValues {
  const values: FormValues = {};
  for (const field of fields) {
    // An encrypted value of an earlier run is not the value; it has to be typed again.
    const previous = field.secret ? undefined : earlier[field.id];
    values[field.id] = toFormValue(field, previous ?? literal(field.schema.default));
  }
  return values;
}

function toFormValue(field: Field, value: JsonValue | undefined): JsonValue | undefined {
  if (value === undefined || value === null) return field.kind === 'boolean' && field.required ? false : undefined;
  if (field.kind === 'object' || field.kind === 'json-list') return JSON.stringify(value, null, 2);
  if (field.kind === 'entity') return identifierOf(value);
  if (Array.isArray(value) && field.kind === 'multi-entity') return value.map(identifierOf);
  return value;
}

/** Runs hold an entity input either as its identifier or as the entity. */
function identifierOf(value: JsonValue): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return String(value.identifier ?? '');
  return String(value);
}

/** Whether nothing was entered: such a field is left out of the request, so that defaults apply. */
export function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** The `properties` of the request. Call it after the form has been found valid. */
export function toProperties(fields: Field[], values: FormValues): JsonObject {
  const properties: JsonObject = {};
  for (const field of fields) {
    const value = values[field.id];
    if (value === undefined || value === null || isEmpty(value)) continue;
    properties[field.id] =
      (field.kind === 'object' || field.kind === 'json-list') && typeof value === 'string'
        ? (JSON.parse(value) as JsonValue)
        : value;
  }
  return properties;
}

/** The inputs a field waits for that have no value yet. */
export function missingDependencies(field: Field, values: FormValues): string[] {
  return field.dependsOn.filter((id) => isEmpty(values[id]));
}
