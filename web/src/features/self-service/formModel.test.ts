/** The mapping between an action's user inputs and its form, both ways. */
import { describe, expect, test } from 'vitest';
import type { InputSchema, UserInputs } from '@/api/types';
import { controlFor, fieldsOf, formSteps, initialValues, submission } from './formModel';

const text: InputSchema = { type: 'string' };

function fieldsFrom(properties: Record<string, InputSchema>, more: Partial<UserInputs> = {}) {
  return fieldsOf(formSteps({ properties, ...more }));
}

describe('the control of an input', () => {
  test.each<[string, InputSchema, string]>([
    ['plain text', text, 'text'],
    ['a choice of texts', { type: 'string', enum: ['a', 'b'] }, 'select'],
    ['several lines', { type: 'string', format: 'multi-line' }, 'textarea'],
    ['yaml', { type: 'string', format: 'yaml' }, 'code'],
    ['an instant', { type: 'string', format: 'date-time' }, 'date-time'],
    ['a user', { type: 'string', format: 'user' }, 'user'],
    ['an entity of a blueprint', { type: 'string', format: 'entity', blueprint: 'service' }, 'entity'],
    ['a secret', { type: 'string', encryption: 'aes256-gcm' }, 'password'],
    ['a number', { type: 'number' }, 'number'],
    ['a choice of numbers', { type: 'number', enum: [1, 2] }, 'select'],
    ['a flag', { type: 'boolean' }, 'toggle'],
    ['an object', { type: 'object' }, 'json'],
    ['a list without items', { type: 'array' }, 'text-list'],
    ['a list of choices', { type: 'array', items: { type: 'string', enum: ['a'] } }, 'multi-select'],
    ['a list of entities', { type: 'array', items: { type: 'string', format: 'entity', blueprint: 'service' } }, 'entity-list'],
    ['a list of objects', { type: 'array', items: { type: 'object' } }, 'json-list'],
    ['choices by an expression', { type: 'string', enum: { jqQuery: '.form.a' } }, 'text'],
  ])('of %s', (_name, schema, control) => {
    expect(controlFor(schema)).toBe(control);
  });
});

describe('the order of a form', () => {
  test('follows the order given, and what it leaves out comes last', () => {
    const fields = fieldsFrom({ a: text, b: text, c: text }, { order: ['c', 'a'] });
    expect(fields.map((field) => field.id)).toEqual(['c', 'a', 'b']);
  });

  test('puts a title where its key stands in the order', () => {
    const steps = formSteps({ properties: { a: text, b: text }, titles: { t: { title: 'More' } }, order: ['a', 't', 'b'] });
    expect(steps[0]?.items.map((item) => ('field' in item ? item.field.id : item.heading))).toEqual(['a', 'More', 'b']);
  });

  test('keeps the steps of a wizard apart and leaves hidden ones out', () => {
    const steps = formSteps({
      properties: { a: text, b: text, c: text },
      steps: [
        { title: 'One', order: ['a'] },
        { title: 'Never', order: ['b'], visible: false },
        { title: 'Two', order: ['c'] },
      ],
    });
    expect(steps.map((step) => step.title)).toEqual(['One', 'Two']);
  });

  test('leaves out an input that is never visible, but shows one whose visibility is an expression', () => {
    const fields = fieldsFrom({ a: { ...text, visible: false }, b: { ...text, visible: { jqQuery: 'true' } } });
    expect(fields.map((field) => field.id)).toEqual(['b']);
  });

  test('marks the inputs in a literal list of required ones', () => {
    const fields = fieldsFrom({ a: text, b: text }, { required: ['b'] });
    expect(fields.map((field) => field.required)).toEqual([false, true]);
  });
});

describe('what is sent', () => {
  test('has the JSON type of each input', () => {
    const fields = fieldsFrom({
      name: text,
      size: { type: 'number' },
      level: { type: 'number', enum: [1, 2] },
      on: { type: 'boolean' },
      more: { type: 'object' },
      ports: { type: 'array', items: { type: 'number' } },
    });
    const values = { name: 'a', size: '3', level: '2', on: true, more: '{"k": [1]}', ports: ['80', '443'] };
    expect(submission(fields, values)).toEqual({ name: 'a', size: 3, level: 2, on: true, more: { k: [1] }, ports: [80, 443] });
  });

  test('leaves blank inputs out, so that the server applies their defaults', () => {
    const fields = fieldsFrom({ a: text, b: { type: 'array' }, c: { type: 'object' } });
    expect(submission(fields, { a: '  ', b: [], c: '' })).toEqual({});
  });

  test('is what a form filled in from an earlier run started with', () => {
    const fields = fieldsFrom({ name: text, tags: { type: 'array' }, config: { type: 'object' }, size: { type: 'number' } });
    const given = { name: 'x', tags: ['a', 'b'], config: { k: 1 }, size: 0 };
    expect(submission(fields, initialValues(fields, given))).toEqual(given);
  });
});

describe('what a form holds at first', () => {
  test('is the default where there is a literal one', () => {
    const fields = fieldsFrom({ a: { ...text, default: 'd' }, b: { ...text, default: { jqQuery: '.user.email' } } });
    expect(initialValues(fields)).toEqual({ a: 'd', b: '' });
  });

  test('is the identifier where a run holds the whole entity', () => {
    const fields = fieldsFrom({ service: { type: 'string', format: 'entity', blueprint: 'service' } });
    expect(initialValues(fields, { service: { identifier: 'pay', title: 'Payments' } })).toEqual({ service: 'pay' });
  });

  test('is never what an earlier run shows of a secret', () => {
    const fields = fieldsFrom({ token: { ...text, encryption: 'aes256-gcm' } });
    expect(initialValues(fields, { token: '***' })).toEqual({ token: '' });
  });
});
