/** Drafts of forms: whose, and what of them. */
import { expect, test } from 'vitest';
import type { UserInputs } from '@/api/types';
import { dropDraft, findDraft, keepDraft } from './drafts';
import { fieldsOf, formSteps } from './formModel';

test('a draft is of one person and one form, without what is secret, until it is dropped', () => {
  const inputs = { properties: { name: { type: 'string' }, token: { type: 'string', encryption: 'aes256-gcm' } } } as unknown as UserInputs;
  const mine = { owner: 'ada', form: 'deploy' };
  keepDraft(mine, fieldsOf(formSteps(inputs)), { values: { name: 'shop', token: 'hush' }, entity: 'checkout' });
  expect(findDraft(mine)).toMatchObject({ values: { name: 'shop' }, entity: 'checkout' });
  expect(JSON.stringify(findDraft(mine))).not.toContain('hush');
  expect(findDraft({ ...mine, owner: 'bob' })).toBeUndefined();
  expect(findDraft({ ...mine, form: 'delete' })).toBeUndefined();
  dropDraft();
  expect(findDraft(mine)).toBeUndefined();
});
