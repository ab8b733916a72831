/** How refusals become sentences, beside fields or above the form. */
import { describe, expect, test } from 'vitest';
import { ApiError, NetworkError, errorFromReply, faultsOf, messageOf, splitFaults } from './errors';

describe('a reply becomes an error', () => {
  test('with the code and the sentence of the envelope', () => {
    const error = errorFromReply(422, { ok: false, error: 'run_exhausted', message: 'The run has ended.' }, 't1');
    expect(error).toMatchObject({ status: 422, code: 'run_exhausted', message: 'The run has ended.', traceId: 't1' });
  });

  test('with a sentence of ours where the server gave none', () => {
    expect(errorFromReply(401, { ok: false, error: 'unauthorized' }).message).toMatch(/Sign in again/);
    expect(errorFromReply(418, '<html>').message).toMatch(/418/);
  });
});

describe('faults of a form', () => {
  const refused = (details: unknown) => new ApiError(422, 'user_inputs_schema_invalid', 'all of it', details);

  test('go to the field they name, also below it and behind "properties."', () => {
    const error = refused([
      { path: 'name', message: 'too short' },
      { path: 'properties.size', message: 'too big' },
      { path: 'config.a[0]', message: 'wrong' },
    ]);
    expect(splitFaults(error, ['name', 'size', 'config'])).toEqual({
      fields: { name: 'too short', size: 'too big', config: 'wrong' },
      general: null,
    });
  });

  test('do not go to a field whose name merely begins alike', () => {
    expect(splitFaults(refused([{ path: 'names', message: 'unknown input' }]), ['name'])).toEqual({
      fields: {},
      general: 'unknown input',
    });
  });

  test('are told once above the form when they name no field', () => {
    expect(splitFaults(new ApiError(403, 'missing_permissions', 'Not allowed.'), ['name'])).toEqual({ fields: {}, general: 'Not allowed.' });
    expect(splitFaults(new NetworkError(), []).general).toMatch(/cannot be reached/);
  });

  test('of an unexpected form are passed over', () => {
    expect(faultsOf(refused([{ path: 3 }, 'x', null]))).toEqual([]);
    expect(faultsOf(refused({ retryAfterSeconds: 3 }))).toEqual([]);
  });
});

test('any thrown value has a sentence', () => {
  expect(messageOf('odd')).toMatch(/went wrong/);
});
