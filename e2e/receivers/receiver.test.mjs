// Tests of the Node receiver: the signature over re-serialized JSON, and each way to behave, over real sockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HUGE_BYTES, isValid, makeServer, parseOptions, signature } from './receiver.mjs';

const ASCII = ['{"a":1}', 'v1,jLLDNV/KOI6awsrsAE9NXXBF10k3q1+q1h3BFoIkep8='];
const ACCENT = ['{"runId":"r_AAAAAAAAAAAAAAAA","n":"é"}', 'v1,LgchHglom8duy9trzbNN5QFdCfVX5W64p2h71i5o87I='];

async function start(t, ...args) {
  const directory = mkdtempSync(join(tmpdir(), 'receiver-'));
  const record = join(directory, 'requests.jsonl');
  const server = makeServer(parseOptions(['--record', record, ...args])).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });
  const read = () => readFileSync(record, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
  return { url: `http://127.0.0.1:${server.address().port}/hook?a=1`, port: server.address().port, record, read };
}

function post(url, [body, signed] = ACCENT) {
  const headers = { 'x-port-timestamp': '1700000000', 'x-port-signature': signed };
  return fetch(url, { method: 'POST', body, headers, redirect: 'manual' });
}

test('each vector is valid', () => {
  for (const [body, expected] of [ASCII, ACCENT]) {
    assert.equal(signature('test-secret', '1700000000', body), expected);
    assert.equal(isValid('test-secret', '1700000000', expected, body), true);
  }
});

test('a body that JavaScript would write differently is not valid over its own bytes', () => {
  for (const body of ['{"a": 1}', '{"a":1.0}', '{"n":"\\u00e9"}']) {
    const overBytes = signature('test-secret', '1700000000', body);
    assert.equal(isValid('test-secret', '1700000000', overBytes, body), false, body);
  }
});

test('changed values, another second, a missing header and broken JSON are not valid', () => {
  const [body, expected] = ASCII;
  assert.equal(isValid('test-secret', '1700000000', expected, '{"a":2}'), false);
  assert.equal(isValid('test-secret', '1700000001', expected, body), false);
  assert.equal(isValid('test-secret', undefined, expected, body), false);
  assert.equal(isValid('test-secret', '1700000000', undefined, body), false);
  assert.equal(isValid('test-secret', '1700000000', expected, '{'), false);
});

test('a request is recorded with the verdict on its signature', async (t) => {
  const { url, read } = await start(t);
  assert.equal((await post(url)).status, 200);
  assert.equal((await post(url, [ACCENT[0], 'v1,AAAA'])).status, 200);
  const [good, bad] = read();
  assert.deepEqual([good.number, good.method, good.path], [1, 'POST', '/hook?a=1']);
  assert.equal(good.body, ACCENT[0]);
  assert.deepEqual([good.signatureValid, bad.signatureValid], [true, false]);
});

test('the first requests fail with the wished status and later ones succeed', async (t) => {
  const { url, read } = await start(t, '--fail-first', '2', '--status', '429');
  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await post(url)).status);
  assert.deepEqual(statuses, [429, 429, 200]);
  assert.equal(read().length, 3);
});

test('garbage is no HTTP', async (t) => {
  const { url } = await start(t, '--garbage');
  await assert.rejects(post(url));
});

test('a huge answer has all its bytes', async (t) => {
  const { url } = await start(t, '--huge');
  const answer = await post(url);
  assert.equal((await answer.arrayBuffer()).byteLength, HUGE_BYTES);
});

test('a redirect names its target', async (t) => {
  const { url } = await start(t, '--redirect', 'http://127.0.0.1:1/elsewhere');
  const answer = await post(url);
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, 'http://127.0.0.1:1/elsewhere']);
});

test('a hanging receiver records the request and says nothing', async (t) => {
  const { port, record } = await start(t, '--hang');
  const connection = connect(port, '127.0.0.1');
  t.after(() => connection.destroy());
  let received = 0;
  connection.on('data', (chunk) => {
    received += chunk.length;
  });
  connection.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
  while (!existsSync(record)) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(received, 0);
});

test('without a file to record to it does not start', () => {
  assert.throws(() => parseOptions([]), /--record/);
});
