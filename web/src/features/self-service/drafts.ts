/**
 * What stands in a form that has not been executed, so that signing in again, when the session ended meanwhile, costs none
 * of it. In memory only, and of one person; what is secret is typed again.
 */
import { type Field, type FormValues } from './formModel';

/** Whose form, and which. */
export interface DraftOf {
  owner: string;
  form: string;
}

interface Draft {
  values: FormValues;
  entity: string;
}

let kept: (DraftOf & Draft) | undefined;

export function keepDraft(of: DraftOf, fields: readonly Field[], { values, entity }: Draft): void {
  const told = fields.filter(({ schema }) => !schema.encryption).map(({ id }) => [id, values[id]]);
  kept = { ...of, values: Object.fromEntries(told) as FormValues, entity };
}

/** What this person left in this form. */
export function findDraft({ owner, form }: DraftOf): Draft | undefined {
  return kept?.owner === owner && kept.form === form ? kept : undefined;
}

export function dropDraft(): void {
  kept = undefined;
}
