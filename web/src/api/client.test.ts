// @vitest-environment jsdom
/** The request wrapper: token, query, and the kinds of failure. */
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { api, queryString, setCsrfToken, setSignedOutHandler } from './client';
import { NetworkError } from './errors';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  server.resetHandlers();
  setCsrfToken(null);
  setSignedOutHandler(() => {});
});
afterAll(() => server.close());

test('lists become repeated keys and blanks are left out of a query', () => {
  expect(queryString({ a: 'x y', b: ['1', '2'], c: undefined, d: '', e: 0 })).toBe('?a=x+y&b=1&b=2&e=0');
  expect(queryString({})).toBe('');
});

describe('the session token', () => {
  const seen: (string | null)[] = [];
  const remember = ({ request }: { request: Request }) => {
    seen.push(request.headers.get('x-larboard-csrf'));
    return HttpResponse.json({ ok: true });
  };

  test('goes with writes and not with reads', async () => {
    server.use(http.get('*/v1/actions', remember), http.post('*/v1/actions', remember));
    setCsrfToken('token-1');
    await api.get('v1/actions');
    await api.post('v1/actions', { body: {} });
    expect(seen).toEqual([null, 'token-1']);
  });
});

describe('a failure', () => {
  test('is a refusal even with status 200 when the envelope says so', async () => {
    server.use(http.get('*/v1/x', () => HttpResponse.json({ ok: false, error: 'odd', message: 'No.' })));
    await expect(api.get('v1/x')).rejects.toMatchObject({ code: 'odd', message: 'No.' });
  });

  test('of the connection is told apart from a refusal', async () => {
    server.use(http.get('*/v1/x', () => HttpResponse.error()));
    await expect(api.get('v1/x')).rejects.toBeInstanceOf(NetworkError);
  });

  test('of a proxy without a server behind it counts as no connection', async () => {
    server.use(http.get('*/v1/x', () => new HttpResponse('<h1>Bad gateway</h1>', { status: 502 })));
    await expect(api.get('v1/x')).rejects.toBeInstanceOf(NetworkError);
  });

  test('of authentication ends the session', async () => {
    let ended = 0;
    setSignedOutHandler(() => (ended += 1));
    server.use(http.get('*/v1/x', () => HttpResponse.json({ ok: false, error: 'unauthorized' }, { status: 401 })));
    await expect(api.get('v1/x')).rejects.toMatchObject({ status: 401 });
    expect(ended).toBe(1);
  });
});
