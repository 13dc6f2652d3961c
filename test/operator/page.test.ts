/**
 * The operator's page in headless Chromium: what an operator does there, with a mouse, a keyboard and a phone.
 * `NANO_SCREENSHOTS=1` also writes the pictures of docs/operators/page.md.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, onTestFinished, test } from 'vitest'

import { TOKEN, toAsk } from '../harness/admin.ts'
import { CHROMIUM, dropFiles, NEEDS_CHROMIUM, openBrowser } from '../harness/browser.ts'
import { fixture, ROOT, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const HOSTILE =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>\u202egnp.exe'
const LOGGER = { name: 'logger', hostname: 'logger.test', path: fixture('logger') }
const COMPONENT = readFileSync(fixture('version'))
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

const folder = mkdtempSync(join(tmpdir(), 'nano-page-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(CHROMIUM === undefined)(
  `the operator's page (${NEEDS_CHROMIUM})`,
  { timeout: 90_000 },
  () => {
    let browser: Browser
    let server: Served

    beforeAll(async () => {
      browser = await openBrowser()
      server = await serve([LOGGER], 1, {
        admin: { port: 0 },
        accessLog: true,
        dataDirectory: join(folder, 'data'),
      })
    })
    afterAll(async () => {
      await browser.close()
      await server.close()
    })

    /** A page of its own; what its console complains of fails the test. */
    async function open(path = '/', options: BrowserContextOptions = {}, at = server): Promise<Page> {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
          complaints.push(message.text())
      })
      onTestFinished(async ({ expect }) => {
        await context.close()
        expect(complaints).toEqual([])
      })
      page.setDefaultTimeout(30_000)
      await page.goto(`${at.adminUrl!}${path}`)
      return page
    }

    const put = (name: string, env: object = {}) =>
      toAsk(server)('PUT', `/admin/apps/${name}`, {
        form: { component: COMPONENT, settings: JSON.stringify({ hostname: `${name}.test`, env }) },
        token: null,
      })

    test('shows each app with its numbers as they change', async ({ expect }) => {
      const page = await open()
      const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'logger' }) })
      await card.getByText('logger.test').waitFor()
      expect(await card.textContent()).toContain('serving, nano.json')
      expect(await page.locator('#health').textContent()).toBe('ready, 1 of 1 shards')
      const read = async (measure: string) => await card.locator(`div.${measure} .value`).textContent()
      await waitFor(async () => {
        await server.send('logger.test', '/work')
        return Number.parseFloat((await read('rate')) ?? '') > 0 && /\d ms$/.test((await read('p99')) ?? '')
      }, 15_000)
      expect(await read('errors')).toBe('0')
      await waitFor(async () => (await read('memory'))?.endsWith(' MB'))
      expect(await card.locator('svg.rate .line').getAttribute('d')).toMatch(/^M[\d.]+ [\d.]+L/)
      await page.getByRole('searchbox', { name: 'Search apps' }).fill('nobody')
      await page.getByText('None fits').waitFor()
      expect(await card.count()).toBe(0)
    })

    test('deploys a component that is dropped onto it, after asking for name and host name', async ({
      expect,
    }) => {
      const page = await open()
      await page.getByRole('heading', { name: 'Apps' }).waitFor()
      await dropFiles(page, [
        { name: 'shop.wasm', bytes: COMPONENT },
        { name: 'shop.wasm.map', bytes: readFileSync(`${fixture('version')}.map`) },
      ])
      const dialog = page.getByRole('dialog', { name: 'Deploy an app' })
      await dialog.getByText('A new app.').waitFor()
      expect(await dialog.textContent()).toMatch(/shop\.wasm, [\d.]+ MB, with shop\.wasm\.map/)
      expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('shop')
      await dialog.getByLabel('Host name').fill('logger.test')
      await dialog.getByRole('button', { name: 'Deploy' }).click()
      await dialog.getByRole('alert').getByText('logger.test').waitFor()
      await dialog.getByLabel('Host name').fill('shop.test')
      await dialog.getByRole('button', { name: 'Deploy' }).click()
      const report = page.getByRole('dialog', { name: 'shop version 1 serves' })
      expect(await report.textContent()).toContain('shop.test, for the first time')
      expect((await server.send('shop.test', '/')).text).toBe('none 1')
      await report.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor()
      await page.getByRole('row', { name: /^1 .*shop\.test .*serves$/ }).waitFor()
    })

    test('rolls back by a button, once that is confirmed', async ({ expect }) => {
      await put('back', { VERSION: 'one' })
      await put('back', { VERSION: 'two' })
      const page = await open('/#/back')
      const dialog = page.getByRole('dialog', { name: 'Roll back back?' })
      await page.getByRole('button', { name: 'Roll back' }).click()
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      expect((await server.send('back.test', '/')).text).toMatch(/^two/)
      await page.getByRole('button', { name: 'Roll back' }).click()
      expect(await dialog.textContent()).toContain('Version 1 serves in place of version 2')
      await dialog.getByRole('button', { name: 'Serve version 1' }).click()
      await page.getByRole('status').getByText('back: version 1 serves').waitFor()
      expect((await server.send('back.test', '/')).text).toMatch(/^one/)
      await page.getByRole('button', { name: 'Serve version 2' }).click()
      await page
        .getByRole('dialog', { name: 'Switch back?' })
        .getByRole('button', { name: 'Serve version 2' })
        .click()
      await page.getByRole('row', { name: /^2 .*serves$/ }).waitFor()
    })

    test('gives a canary its part of the clients, more of it, all, or none', async ({ expect }) => {
      for (const VERSION of ['one', 'two', 'three']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await put('canary', { VERSION })
      }
      const page = await open('/#/canary')
      const shares = async () => {
        const { text } = await toAsk(server)('GET', '/admin/apps/canary/versions', { token: null })
        const { versions } = JSON.parse(text) as { versions: { version: number; percent: number }[] }
        return versions.map(({ version, percent }) => `${version}: ${percent}`).join(', ')
      }
      const answer = (title: string, button: string) =>
        page.getByRole('dialog', { name: title }).getByRole('button', { name: button }).click()
      const serve = async (version: number, part: string) => {
        await page.getByRole('button', { name: `Serve version ${version}` }).click()
        await page.getByRole('dialog').getByLabel('Clients').selectOption(part)
        await answer('Roll canary back?', `Serve version ${version}`)
      }
      await serve(2, '10 %, the rest stays')
      const canary = page.getByRole('group', { name: 'Canary, version 2' })
      await canary.getByText('Version 2 serves 10 % of the clients, version 3 the other 90 %.').waitFor()
      expect(await shares()).toBe('3: 90, 2: 10, 1: 0')
      await page.getByRole('row', { name: /^3 .*serves 90 %$/ }).waitFor()
      await page.getByRole('row', { name: /^2 .*serves 10 %$/ }).waitFor()
      expect(await page.locator('.view-head .state').textContent()).toBe('serving, version 3, version 2 10 %')
      expect(await canary.getByRole('button', { name: '10 %' }).isDisabled()).toBe(true)
      await canary.getByRole('button', { name: '50 %' }).click()
      await answer('Give version 2 50 %?', 'Cancel')
      expect(await shares()).toBe('3: 90, 2: 10, 1: 0')
      await canary.getByRole('button', { name: '50 %' }).click()
      await answer('Give version 2 50 %?', 'Give it 50 %')
      await canary.getByText('serves 50 % of the clients').waitFor()
      expect(await shares()).toBe('3: 50, 2: 50, 1: 0')
      await canary.getByRole('button', { name: 'Take back' }).click()
      await answer('Take version 2 back?', 'Take it back')
      await canary.waitFor({ state: 'detached' })
      expect(await shares()).toBe('3: 100, 2: 0, 1: 0')
      await serve(1, '50 %, the rest stays')
      const other = page.getByRole('group', { name: 'Canary, version 1' })
      await other.getByRole('button', { name: '100 %' }).click()
      await answer('Give version 1 100 %?', 'Give it 100 %')
      await page.getByRole('row', { name: /^1 .*serves$/ }).waitFor()
      expect([await shares(), await other.count()]).toEqual(['3: 0, 2: 0, 1: 100', 0])
    })

    test('deletes an app whose name is typed', async ({ expect }) => {
      await put('gone')
      const page = await open('/#/gone')
      await page.getByRole('button', { name: 'Delete' }).click()
      const dialog = page.getByRole('dialog', { name: 'Delete gone?' })
      const button = dialog.getByRole('button', { name: 'Delete' })
      const field = dialog.getByLabel('Type gone to confirm')
      await field.fill('gon')
      expect(await button.isDisabled()).toBe(true)
      await field.fill('gone')
      await button.click()
      await page.getByRole('heading', { name: 'Apps' }).waitFor()
      expect((await server.send('gone.test', '/')).status).toBe(404)
    })

    test('shows log lines as they come, whose text stays text', async ({ expect }) => {
      const page = await open('/#/logger')
      const log = page.getByRole('log', { name: 'Log' })
      await page.getByText('live', { exact: true }).waitFor()
      await server.send('logger.test', `/say?text=${encodeURIComponent(HOSTILE)}`)
      const line = log.getByText('onerror')
      await line.waitFor()
      expect(await line.textContent()).toBe(HOSTILE.replace('\u202e', '\\u202e'))
      expect(await page.locator('main img, main script').count()).toBe(0)
      expect(await page.title()).toBe('logger · NANO')
      await page.getByRole('button', { name: 'Pause' }).click()
      await server.send('logger.test', '/say?text=meanwhile')
      await server.logged('meanwhile')
      await page.getByRole('button', { name: 'Go on' }).click()
      await log.getByText('meanwhile', { exact: true }).waitFor()
      await page.getByLabel('Level').selectOption('error')
      await server.send('logger.test', '/error')
      await log.getByText('Error: logged').waitFor()
      expect(await log.getByText('meanwhile').count()).toBe(0)
    })

    test("shows a stranger's names as text, whatever the server says", async ({ expect }) => {
      const context = await browser.newContext()
      onTestFinished(() => context.close())
      const page = await context.newPage()
      await page.route('**/admin/apps?*', async (route) => {
        const answer = await route.fetch()
        const { apps } = (await answer.json()) as { apps: object[] }
        await route.fulfill({ json: { apps: [{ ...apps[0], name: HOSTILE, hostname: HOSTILE }], total: 1 } })
      })
      await page.goto(`${server.adminUrl!}/`)
      const link = page.getByRole('link', { name: 'onerror' })
      await link.waitFor()
      expect(await link.textContent()).toBe(HOSTILE.replace('\u202e', '\\u202e'))
      expect(await page.locator('main img, main script').count()).toBe(0)
      expect(await page.title()).toBe('NANO')
    })

    test('runs no script but its own, and markup nowhere', async ({ expect }) => {
      const page = await (await browser.newContext()).newPage()
      onTestFinished(() => page.context().close())
      await page.goto(`${server.adminUrl!}/`)
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      const tried = await page.evaluate(`(() => {
      const script = document.createElement('script')
      const errors = []
      for (const run of [
        () => { script.textContent = 'document.title = "owned"'; document.head.append(script) },
        () => { document.body.innerHTML = '<p>x</p>' },
        () => { document.body.insertAdjacentHTML('beforeend', '<p>x</p>') },
      ]) try { run(); errors.push('ran') } catch (error) { errors.push(error.name) }
      return errors
    })()`)
      expect(tried).toEqual(['TypeError', 'TypeError', 'TypeError'])
      expect(await page.title()).toBe('NANO')
      await waitFor(() => complaints.some((text) => text.includes('Trusted')))
    })

    test('can be walked and used with a keyboard alone', async ({ expect }) => {
      const page = await open()
      const focused = () =>
        page.evaluate(`(() => {
        const { activeElement: element } = document
        return element.getAttribute('aria-label') ?? element.textContent.trim()
      })()`)
      await page.getByRole('link', { name: 'logger' }).waitFor()
      const walked: unknown[] = []
      for (let i = 0; i < 5; i++) {
        // oxlint-disable-next-line no-await-in-loop -- one key after the other
        await page.keyboard.press('Tab')
        // oxlint-disable-next-line no-await-in-loop
        walked.push(await focused())
      }
      expect(walked).toEqual(['Skip to the content', 'NANO', 'Token', 'Deploy', 'Search apps'])
      await page.getByRole('link', { name: 'logger' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'logger', level: 1 }).waitFor()
      expect(await page.evaluate('document.activeElement.id')).toBe('content')
      await page.getByRole('button', { name: 'Deploy' }).focus()
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Deploy an app' })
      await dialog.waitFor()
      await dialog.getByLabel('Name', { exact: true }).focus()
      await page.keyboard.type('logger')
      await dialog.getByText('It stands in nano.json').waitFor()
      expect(await page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      expect(await focused()).toBe('Deploy')
    })

    test('fits a phone, without scrolling sideways', async ({ expect }) => {
      await put('a-name-that-is-as-long-as-names-of-apps-may-be-and-longer-than-x')
      await put('phone', { VERSION: 'one' })
      await put('phone', { VERSION: 'two' })
      await toAsk(server)('POST', '/admin/apps/phone/promote', {
        json: { version: 1, percent: 10 },
        token: null,
      })
      await server.send('logger.test', `/say?text=${'x'.repeat(400)}`)
      for (const width of [320, 360]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const page = await open('/', { ...PHONE, viewport: { width, height: 740 } })
        const excess = () => page.evaluate('document.scrollingElement.scrollWidth - innerWidth')
        // oxlint-disable-next-line no-await-in-loop
        await page.getByRole('log').getByText('xxxx').waitFor()
        // oxlint-disable-next-line no-await-in-loop
        expect([width, await excess()]).toEqual([width, 0])
        // oxlint-disable-next-line no-await-in-loop
        await page.getByRole('link', { name: 'phone' }).tap()
        // oxlint-disable-next-line no-await-in-loop
        await page.getByRole('button', { name: 'Take back' }).waitFor()
        // oxlint-disable-next-line no-await-in-loop
        expect([width, await excess()]).toEqual([width, 0])
        // oxlint-disable-next-line no-await-in-loop
        await page.getByRole('button', { name: 'Deploy', exact: true }).tap()
        // oxlint-disable-next-line no-await-in-loop
        await page.getByRole('dialog').waitFor()
        // oxlint-disable-next-line no-await-in-loop
        expect([width, await excess()]).toEqual([width, 0])
      }
    })

    test.for(['light', 'dark'] as const)('can be read in %s', async (colorScheme, { expect }) => {
      const page = await open('/', { colorScheme })
      await page.getByText('logger.test').waitFor()
      const pairs = await page.evaluate<[string, string, number, number][]>(`(() => {
      const light = (color) => {
        const canvas = new OffscreenCanvas(1, 1).getContext('2d')
        canvas.fillStyle = color
        canvas.fillRect(0, 0, 1, 1)
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255)
        const [r, g, b] = parts.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
      }
      const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
      const probe = document.body.appendChild(document.createElement('i'))
      const resolve = (name) => { probe.style.color = 'var(--' + name + ')'; return light(getComputedStyle(probe).color) }
      return ['ground', 'panel'].flatMap((ground) =>
        ['text', 'muted', 'accent', 'good', 'warn', 'bad'].map((name) => [ground, name, contrast(resolve(ground), resolve(name)), resolve(ground)]))
    })()`)
      for (const [ground, name, contrast, lightness] of pairs) {
        expect([ground, name, contrast >= 4.5, lightness > 0.5]).toEqual([
          ground,
          name,
          true,
          colorScheme === 'light',
        ])
      }
    })

    test('asks for a token where one is needed, keeps it in its tab, and forgets it', async ({ expect }) => {
      await using guarded = await serve([LOGGER], 1, { admin: { port: 0 }, adminToken: TOKEN })
      const page = await open('/', {}, guarded)
      const dialog = page.getByRole('dialog', { name: 'Token of the admin API' })
      await dialog.getByLabel('Token').fill('a-token-of-nobody')
      await page.keyboard.press('Enter')
      await dialog.getByText('the token is none of this server').waitFor()
      await dialog.getByLabel('Token').fill(TOKEN)
      await dialog.getByRole('button', { name: 'Use it' }).click()
      await page.getByRole('link', { name: 'logger' }).waitFor()
      await page.getByText('live', { exact: true }).waitFor()
      expect(
        await page.evaluate('[Object.values(sessionStorage), localStorage.length, document.cookie]'),
      ).toEqual([[TOKEN], 0, ''])
      await page.reload()
      await page.getByRole('link', { name: 'logger' }).waitFor()
      await page.getByRole('button', { name: 'Token' }).click()
      await dialog.getByRole('button', { name: 'Forget it' }).click()
      await dialog.getByText('expected a header "Authorization: Bearer <token>", got none').waitFor()
      expect(await page.evaluate('sessionStorage.length')).toBe(0)
      await page.keyboard.press('Escape')
    })

    test.runIf(process.env['NANO_SCREENSHOTS'])(
      'gives the pictures of the docs',
      async () => {
        const picture = (name: string) => join(ROOT, 'docs/operators', `page-${name}.png`)
        const apps = ['blog', 'checkout', 'shop']
        await using shown = await serve([], 2, {
          admin: { port: 0 },
          accessLog: true,
          dataDirectory: join(folder, 'shown'),
        })
        for (const app of apps) {
          for (const VERSION of ['one', 'two', 'three']) {
            const settings = JSON.stringify({ hostname: `${app}.example.com`, env: { VERSION } })
            // oxlint-disable-next-line no-await-in-loop -- one version after the other
            await toAsk(shown)('PUT', `/admin/apps/${app}`, {
              form: { component: COMPONENT, settings },
              token: null,
            })
          }
        }
        const scene = { viewport: { width: 960, height: 600 } }
        const list = await open('/', { ...scene, colorScheme: 'light' }, shown)
        const app = await open('/#/shop', { ...scene, colorScheme: 'dark' }, shown)
        await toAsk(shown)('POST', '/admin/apps/checkout/promote', {
          json: { version: 2, percent: 10 },
          token: null,
        })
        const canary = await open('/#/checkout', { ...scene, colorScheme: 'light' }, shown)
        const phone = await open(
          '/',
          { ...PHONE, viewport: { width: 390, height: 780 }, colorScheme: 'dark' },
          shown,
        )
        const paths = ['/', '/cart?ms=20', '/search?ms=45', '/articles/1']
        const start = performance.now()
        for (let second = 0; second < 75; second = (performance.now() - start) / 1000) {
          const sends = apps.flatMap((name, i) =>
            Array.from(
              { length: Math.round(3 + 2 * Math.sin(second / (5 + i * 3)) + Math.random()) },
              (_, j) => shown.send(`${name}.example.com`, paths[(i + j) % paths.length]!),
            ),
          )
          // oxlint-disable-next-line no-await-in-loop -- as users do
          await Promise.all(sends)
          // oxlint-disable-next-line no-await-in-loop
          await new Promise((resolve) => setTimeout(resolve, 150))
        }
        await list.screenshot({ path: picture('apps') })
        await app.screenshot({ path: picture('app') })
        const versions = canary.locator('section', { has: canary.getByRole('heading', { name: 'Versions' }) })
        await versions.screenshot({ path: picture('canary') })
        await phone.screenshot({ path: picture('phone') })
      },
      180_000,
    )
  },
)
