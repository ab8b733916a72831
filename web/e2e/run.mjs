// The walkthrough in a real browser against the real binary: `larboard demo` on free ports, Chromium without a head.
// It holds the checks and their order; what stands on a page is found by role and label, as a person would.
// Usage: LARBOARD_BINARY=target/debug/larboard node web/e2e/run.mjs   (the last line is "N passed, N failed")
// With SLOWDOWN=6 the pages have a sixth of the processor, as on a loaded machine: what is read too early then shows.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../..', import.meta.url))
const binary = process.env.LARBOARD_BINARY ?? join(root, 'target/debug/larboard')
const browserPath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)
const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
// Generous, because a loaded machine is slow; nothing is ever waited for longer than it takes to appear.
const patience = 30_000

let passed = 0
let failed = 0

/** Runs one check and counts it; a failed one does not stop the rest. */
async function check(name, act) {
  try {
    await act()
    passed += 1
    console.log(`ok      ${name}`)
  } catch (error) {
    failed += 1
    console.log(`FAILED  ${name}\n        ${String(error?.message ?? error).split('\n').slice(0, 8).join('\n        ')}`)
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function startDemo(directory, port, backendPort) {
  const child = spawn(
    binary,
    ['demo', '--listen', `127.0.0.1:${port}`, '--data', join(directory, 'data'), '--backend-port', String(backendPort)],
    { cwd: root, env: { ...process.env, STEP_SECONDS: '0.7' }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('watch the run')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`larboard demo ended with ${code}: ${text}`)))
  })
  return child
}

/** What axe finds wrong with a page as it is. */
async function faultsOf(page) {
  await page.evaluate(axe)
  return page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`))
}

function stop(child) {
  return new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })
}

const directory = mkdtempSync(join(tmpdir(), 'larboard-browser-'))
const [port, backendPort] = [await freePort(), await freePort()]
const base = `http://127.0.0.1:${port}`
let child = await startDemo(directory, port, backendPort)
const browser = await chromium.launch({ executablePath: browserPath, args: flags })

try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  const rate = Number(process.env.SLOWDOWN ?? 1)
  if (rate > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate })
  const broken = []
  page.on('pageerror', (error) => broken.push(error.message))
  const foreign = []
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) foreign.push(request.url())
  })
  const seen = (locator) => locator.first().waitFor({ state: 'visible' })
  /** Nothing is being loaded any more that stands on the page, or will. */
  const settled = () => page.waitForFunction(() => document.querySelector('main') && !document.querySelector('[aria-busy="true"]'))
  const api = (path) => page.evaluate(async (path) => (await fetch(path)).json(), path)
  const post = (path, body) =>
    page.evaluate(async ([path, body]) => {
      const { csrfToken } = await (await fetch('/v1/auth/session')).json()
      const headers = { 'content-type': 'application/json', 'x-larboard-csrf': csrfToken }
      return (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
    }, [path, body])

  await check('a wrong password is refused on the page', async () => {
    await page.goto(base)
    await page.getByLabel(/mail/i).fill('admin@example.test')
    await page.getByLabel(/^password/i).first().fill('not the password')
    await page.getByRole('button', { name: /sign in/i }).click()
    await seen(page.getByText(/password is wrong/i))
  })

  await check('signing in leads to the self-service page with its actions', async () => {
    await page.getByLabel(/^password/i).first().fill('larboard-demo')
    await page.getByRole('button', { name: /sign in/i }).click()
    await seen(page.getByRole('heading', { name: 'Self-service' }))
    await seen(page.getByText('Create microservice'))
    await seen(page.getByText('Deploy microservice'))
  })

  await check('a value the form does not allow is named at its field and nothing is executed', async () => {
    await page.getByRole('button', { name: /^create/i }).first().click()
    await page.getByLabel(/service name/i).fill('Not Allowed')
    await page.getByRole('button', { name: /^(create|execute)/i }).last().click()
    await seen(page.locator('[aria-invalid="true"]'))
    if ((await api('/v1/actions/runs')).runs.length !== 0) throw new Error('a run was made')
  })

  await check('executing an action shows a notice that links to its run', async () => {
    await page.getByLabel(/service name/i).fill('shop-api')
    await page.getByRole('button', { name: /^(create|execute)/i }).last().click()
    await page.getByRole('link', { name: /open the run/i }).first().click()
    await page.waitForURL(/runId=r_/)
    // It would cover the page it led to, for as long as the pointer rests on it.
    await page.getByText('The run has started').waitFor({ state: 'hidden' })
  })

  const runId = new URL(page.url()).searchParams.get('runId')

  await check('the run page follows the log live until the run has ended', async () => {
    await seen(page.getByText('Registering shop-api in the catalog'))
    await seen(page.getByText('Finished'))
    await seen(page.getByText('Success', { exact: true }))
    await page.waitForFunction(() => document.title === 'Success: Create microservice · Larboard')
    await seen(page.getByRole('link', { name: /ci\.example\.com/ }))
  })

  await check('the page showed every line of the log without loading again', async () => {
    const { runLogs } = await api(`/v1/actions/runs/${runId}/logs`)
    for (const line of runLogs) await seen(page.getByText(line.message))
  })

  await check('the entity made for the run is among its affected entities', async () => {
    await page.getByRole('tab', { name: /affected entities/i }).click()
    await seen(page.getByRole('tabpanel').getByText('shop-api'))
  })

  await check('the delivery shows its attempt and the answer of the backend', async () => {
    await page.getByRole('tab', { name: /delivery/i }).click()
    await seen(page.getByRole('tabpanel').getByText('Attempt 1: HTTP 202'))
  })

  await check('the run is in the list of runs, in the audit log and on the entity', async () => {
    await page.goto(`${base}/runs`)
    await seen(page.getByText(runId))
    await page.goto(`${base}/settings/AuditLog?tab=runs`)
    await seen(page.getByText(runId))
    await page.goto(`${base}/entities/microservice/shop-api`)
    await page.getByRole('tab', { name: /runs/i }).click()
    await seen(page.getByText(runId))
  })

  await check('a table is filtered and ordered by the server, and its address says how', async () => {
    await page.goto(`${base}/catalog/microservice`)
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    const editor = page.getByRole('dialog')
    await editor.getByLabel('Property').first().click()
    await page.getByRole('option', { name: 'Language' }).click()
    await editor.getByLabel('Value').first().click()
    await page.getByRole('option', { name: 'Rust' }).click()
    await editor.getByRole('button', { name: 'Add' }).click()
    await seen(page.getByText('2 entities'))
    const replicas = page.getByRole('button', { name: 'Replicas' })
    await replicas.click()
    await page.getByRole('columnheader', { name: 'Replicas' }).and(page.locator('[aria-sort="ascending"]')).waitFor()
    const address = page.url()
    for (const [order, link] of [['asc', 'Reviews'], ['desc', 'Checkout']]) {
      // Somebody else opens the shared address.
      await page.goto(address + (order === 'desc' ? '&dir=desc' : ''))
      await seen(page.getByText('2 entities'))
      const first = page.getByRole('table', { name: /entities of/i }).getByRole('row').nth(1)
      await first.getByRole('link', { name: link, exact: true }).waitFor()
    }
  })

  await check('a table is ordered by the levels of a scorecard', async () => {
    await page.goto(`${base}/catalog/microservice`)
    const table = page.getByRole('table', { name: /entities of/i })
    await table.getByRole('button', { name: 'Production readiness' }).click()
    await table.getByRole('columnheader', { name: 'Production readiness' }).and(page.locator('[aria-sort="ascending"]')).waitFor()
    await table.getByRole('button', { name: 'Production readiness' }).click()
    await table.locator('tbody tr').first().getByRole('img', { name: 'Production readiness: Gold' }).waitFor()
    if (!page.url().includes('sort=scorecard.')) throw new Error(page.url())
    // What is opened from there and left again finds the table as it was.
    await table.getByRole('link', { name: 'Checkout', exact: true }).click()
    await page.waitForURL(/entities/)
    await page.goBack()
    await table.getByRole('columnheader', { name: 'Production readiness' }).and(page.locator('[aria-sort="descending"]')).waitFor()
  })

  await check('an entity is found from anywhere by a part of its name', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Search and commands' }).fill('checko')
    await page.getByRole('button', { name: /Checkout/ }).first().waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/entities\/microservice\/checkout/)
    await page.goBack()
  })

  await check('an entity shows its computed values, its level with the rules, and its neighbours', async () => {
    await page.getByRole('table', { name: /entities of/i }).getByRole('link', { name: 'Checkout', exact: true }).click()
    await page.waitForURL(/entities/)
    await seen(page.getByRole('img', { name: 'Production readiness: Gold' }))
    const computed = page.getByRole('region', { name: 'Computed' })
    await seen(computed.getByText('shop@example.test'))
    await page.getByRole('tab', { name: 'Scorecards' }).click()
    await seen(page.getByText('3 of 3 rules pass'))
    await page.getByRole('tab', { name: 'Related' }).click()
    await page.getByRole('region', { name: 'Relates to' }).getByRole('link', { name: 'Shop' }).click()
    // The page that is left has a tab of this name, too.
    await seen(page.getByRole('heading', { level: 1, name: 'Shop', exact: true }))
    await page.getByRole('tab', { name: 'Related' }).click()
    await seen(page.getByRole('region', { name: 'Related from' }).getByRole('link', { name: 'Reviews' }))
  })

  await check('a form is left by Escape for the page it lies over, with the focus where it was', async () => {
    await page.goto(`${base}/entities/microservice/checkout`)
    const button = page.getByRole('link', { name: 'Deploy microservice' })
    await button.press('Enter')
    await seen(page.getByRole('form', { name: /Deploy microservice/ }).getByRole('button', { name: /execute|deploy/i }))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    if (new URL(page.url()).pathname !== '/entities/microservice/checkout') throw new Error(page.url())
    await page.waitForFunction(() => document.activeElement?.textContent === 'Deploy microservice')
  })

  await check('a filter that is typed keeps the focus, and its address', async () => {
    await page.goto(`${base}/settings/AuditLog`)
    await page.getByLabel('Blueprint').pressSequentially('micro')
    await page.waitForURL(/blueprint=micro$/)
    await page.keyboard.type('service')
    await page.waitForURL(/blueprint=microservice$/)
  })

  await check('an address that leads nowhere says so within the portal', async () => {
    for (const path of ['/nowhere', '/catalog/nothing', '/organization/run?runId=r_nothing']) {
      await page.goto(base + path)
      await seen(page.getByRole('heading', { level: 1, name: /there is no/i }))
      await seen(page.getByRole('navigation', { name: 'Main' }))
      // The title follows what is drawn.
      await page.waitForFunction(() => /^There is no .* · Larboard$/.test(document.title))
    }
  })

  await check('a page says that the server is gone, and goes on by itself when it is back', async () => {
    await page.goto(`${base}/runs`)
    await seen(page.getByText(runId))
    // The other pages are loaded when the browser has nothing else to do.
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name, responseEnd }) => /AuditPage/.test(name) && responseEnd > 0))
    await page.waitForLoadState('networkidle')
    await stop(child)
    // First the one is said, and then the other.
    const gone = page.getByText(/Connection lost|The server does not answer/)
    await seen(gone)
    // A page that was not shown before opens all the same, and has its data once there is an answer.
    await page.getByRole('link', { name: 'Audit log' }).click()
    await seen(page.getByRole('heading', { name: 'Audit log' }))
    // What cannot be searched is not said to be absent.
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Search and commands' }).fill('checko')
    await seen(page.getByText(/could not be searched/))
    await page.keyboard.press('Escape')
    child = await startDemo(directory, port, backendPort)
    await gone.waitFor({ state: 'hidden' })
    await seen(page.getByText('admin@example.test').and(page.locator('main *')))
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    const second = await post('/v1/actions/create_microservice/runs', { properties: { name: 'after-restart' } })
    // The list follows without loading again.
    await seen(page.getByText(second.run.id))
  })

  await check('a session that ends costs nothing that was filled in', async () => {
    await page.goto(`${base}/self-serve?execute=create_microservice`)
    await page.getByLabel(/service name/i).fill('kept')
    await context.clearCookies()
    // The page may notice before the key is pressed; then the key does nothing.
    await page.keyboard.press('Enter')
    await page.waitForURL(/sign-in/)
    await page.getByLabel(/mail/i).fill('admin@example.test')
    await page.getByLabel(/^password/i).first().fill('larboard-demo')
    await page.getByRole('button', { name: /sign in/i }).click()
    await page.getByLabel(/service name/i).and(page.locator('[value="kept"]')).waitFor()
    await page.keyboard.press('Escape')
  })

  await check('no page is wider than a phone, light or dark', async () => {
    const long = 'unbroken'.repeat(15)
    const written = await post('/v1/blueprints/microservice/entities', { identifier: long, title: `${long} title` })
    if (!written.ok) throw new Error(JSON.stringify(written))
    const wide = await post('/v1/blueprints', { identifier: 'wide', title: long.slice(0, 100), schema: { properties: {}, required: [] } })
    if (!wide.ok) throw new Error(JSON.stringify(wide))
    await page.setViewportSize({ width: 390, height: 844 })
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      for (const path of ['/self-serve', '/runs', `/organization/run?runId=${runId}`, '/settings/AuditLog', '/catalog', '/catalog/microservice', '/entities/microservice/checkout?tab=scorecards', `/entities/microservice/${long}`, '/catalog/wide', `/entities/wide/${long}`, `/entities/nothing/${long}`]) {
        await page.goto(base + path)
        await seen(page.getByRole('heading'))
        await settled()
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        if (width > 390) throw new Error(`${path} is ${width} px wide (${colorScheme})`)
      }
    }
  })

  await check('axe finds no fault on the main pages, light or dark', async () => {
    await page.setViewportSize({ width: 1440, height: 900 })
    const faults = []
    const paths = ['/self-serve', '/self-serve?execute=create_microservice', '/runs', `/organization/run?runId=${runId}`, '/settings/AuditLog', '/catalog', '/catalog/microservice', '/entities/microservice/checkout', '/entities/microservice/checkout?tab=scorecards', '/nowhere']
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const path of paths) {
        await page.goto(base + path)
        await seen(path.includes('execute') ? page.getByRole('form') : page.getByRole('heading', { level: 1 }))
        await settled()
        faults.push(...(await faultsOf(page)).map((fault) => `${path} (${colorScheme}) ${fault}`))
      }
    }
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })

  await check('axe finds no fault on pages whose contents have not come yet', async () => {
    const faults = []
    const run = `/organization/run?runId=${runId}`
    // What is held back, so that the page waits for it for as long as it is looked at.
    const waits = [
      ['/self-serve', '**/v1/actions*'],
      ['/self-serve?execute=create_microservice', '**/v1/actions/create_microservice*'],
      ['/runs', '**/v1/actions/runs*'],
      [run, `**/v1/actions/runs/${runId}*`],
      [run, '**/assets/MarkdownRendered*'],
      ['/settings/AuditLog', '**/v1/audit-log*'],
      ['/catalog', '**/v1/blueprints*'],
      ['/catalog/microservice', '**/entities/search*'],
      ['/entities/domain/shop?tab=related', '**/entities/top-search*'],
      ['/entities/microservice/checkout', '**/v1/blueprints/microservice/entities/checkout*'],
    ]
    for (const [path, held] of waits) {
      let release
      const released = new Promise((resolve) => (release = resolve))
      // A request that the page has withdrawn meanwhile needs no answer.
      await page.route(held, (route) => released.then(() => route.continue()).catch(() => {}))
      const asked = page.waitForRequest(held)
      await page.goto(base + path, { waitUntil: 'commit' })
      await asked
      await seen(page.locator('[aria-busy="true"]')).catch((error) => {
        throw new Error(`${path} without ${held}: ${error.message}`)
      })
      faults.push(...(await faultsOf(page)).map((fault) => `${path} without ${held}: ${fault}`))
      release()
      await settled()
      await page.unroute(held)
    }
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })

  await check('the API reference works without the network', async () => {
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.goto(`${base}/docs`)
    await seen(page.getByText('Larboard'))
  })

  await check('no script failed and nothing was asked of another host', async () => {
    if (broken.length > 0) throw new Error(`scripts failed: ${broken.join('; ')}`)
    if (foreign.length > 0) throw new Error(`requests left: ${foreign.join(' ')}`)
  })
} finally {
  await browser.close()
  await stop(child)
  rmSync(directory, { recursive: true, force: true })
}

console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
