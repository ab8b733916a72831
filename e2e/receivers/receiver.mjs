// An independent receiver of signed webhooks, for tests: verifies each signature over the body parsed and written again
// with JSON.stringify, as receivers in JavaScript do. So it also proves that what is sent is exactly what JavaScript writes.
//
// It shares no code with Larboard. It prints its port, then appends one JSON line per request to a file, `signatureValid`
// among the rest. Options make it misbehave. It never interprets what it receives.
//
//   node receiver.mjs --secret SECRET --record requests.jsonl [--port 0]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

export const HUGE_BYTES = 50 * 1024 * 1024;

/** The value `x-port-signature` must have for this text. */
export function signature(secret, timestamp, text) {
  return `v1,${createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('base64')}`;
}

/** Whether the signature is the one for the body parsed and written again; an empty body is signed as it is. */
export function isValid(secret, timestamp, received, text) {
  if (!timestamp || !received) return false;
  let rewritten = '';
  try {
    if (text !== '') rewritten = JSON.stringify(JSON.parse(text));
  } catch {
    return false;
  }
  const expected = Buffer.from(signature(secret, timestamp, rewritten));
  const given = Buffer.from(received);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** The options of the command line. */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '0' },
      secret: { type: 'string', default: 'test-secret' },
      record: { type: 'string' },
      'fail-first': { type: 'string', default: '0' },
      status: { type: 'string', default: '500' },
      hang: { type: 'boolean', default: false },
      garbage: { type: 'boolean', default: false },
      huge: { type: 'boolean', default: false },
      redirect: { type: 'string' },
    },
  });
  if (!values.record) throw new Error('--record FILE is required: the file that gets one JSON line per request');
  return {
    ...values,
    port: Number(values.port),
    failFirst: Number(values['fail-first']),
    status: Number(values.status),
  };
}

/** A server, not yet listening, that behaves as the options say. */
export function makeServer(options) {
  let count = 0;
  return createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      count += 1;
      const record = {
        number: count,
        receivedAt: Date.now(),
        method: request.method,
        path: request.url,
        headers: request.headers,
        body: text,
        signatureValid: isValid(
          options.secret,
          request.headers['x-port-timestamp'],
          request.headers['x-port-signature'],
          text,
        ),
      };
      appendFileSync(options.record, `${JSON.stringify(record)}\n`);
      behave(options, count, request, response);
    });
  });
}

function behave(options, number, request, response) {
  if (options.hang) return;
  if (number <= options.failFirst) {
    answer(response, options.status, '{"error":"told to fail"}');
  } else if (options.garbage) {
    request.socket.end(Buffer.from('\u0000\u00ffthis is not HTTP\r\n\r\n', 'latin1'));
  } else if (options.huge) {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': HUGE_BYTES });
    response.on('error', () => {});
    pour(response, HUGE_BYTES);
  } else if (options.redirect) {
    answer(response, 302, '', { location: options.redirect });
  } else {
    answer(response, 200, '{"received":true}');
  }
}

// Writes as fast as the sender reads, and stops when it hangs up.
function pour(response, left) {
  const block = Buffer.alloc(65536, 'x');
  while (left > 0 && !response.destroyed) {
    left -= block.length;
    if (!response.write(block)) {
      response.once('drain', () => pour(response, left));
      return;
    }
  }
  response.end();
}

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const options = parseOptions(process.argv.slice(2));
  const server = makeServer(options).listen(options.port, '127.0.0.1', () => console.log(server.address().port));
}
