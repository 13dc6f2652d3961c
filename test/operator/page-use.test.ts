/**
 * The operator's page in headless Chromium, further: what else an operator does there, with a mouse, a keyboard and a phone.
 * `NANO_SCREENSHOTS=1` also writes the pictures of docs/operators/page.md.
 */

import { join } from 'node:path'

import { test } from 'vitest'

import { toAsk } from '../harness/admin.ts'
import { COMPONENT, describePage } from '../harness/operator-page.ts'
import { ROOT, serve } from '../harness/serve.ts'

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

describePage("the operator's page, further", (shown) => {
  test('gives a canary its part of the clients, more of it, all, or none', async ({ expect }) => {
    for (const VERSION of ['one', 'two', 'three']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await shown.put('canary', { VERSION })
    }
    const page = await shown.open('/#/canary')
    const shares = async () => {
      const { text } = await toAsk(shown.server)('GET', '/admin/apps/canary/versions', { token: null })
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
    await shown.put('gone')
    const page = await shown.open('/#/gone')
    await page.getByRole('button', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete gone?' })
    const button = dialog.getByRole('button', { name: 'Delete' })
    const field = dialog.getByLabel('Type gone to confirm')
    await field.fill('gon')
    expect(await button.isDisabled()).toBe(true)
    await field.fill('gone')
    await button.click()
    await page.getByRole('heading', { name: 'Apps' }).waitFor()
    expect((await shown.server.send('gone.test', '/')).status).toBe(404)
  })

  test('can be walked and used with a keyboard alone', async ({ expect }) => {
    const page = await shown.open()
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
    await shown.put('a-name-that-is-as-long-as-names-of-apps-may-be-and-longer-than-x')
    await shown.put('phone', { VERSION: 'one' })
    await shown.put('phone', { VERSION: 'two' })
    await toAsk(shown.server)('POST', '/admin/apps/phone/promote', {
      json: { version: 1, percent: 10 },
      token: null,
    })
    await shown.server.send('logger.test', `/say?text=${'x'.repeat(400)}`)
    for (const width of [320, 360]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const page = await shown.open('/', { ...PHONE, viewport: { width, height: 740 } })
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
    const page = await shown.open('/', { colorScheme })
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

  test.runIf(process.env['NANO_SCREENSHOTS'])(
    'gives the pictures of the docs',
    async () => {
      const picture = (name: string) => join(ROOT, 'docs/operators', `page-${name}.png`)
      const apps = ['blog', 'checkout', 'shop']
      await using example = await serve([], 2, {
        admin: { port: 0 },
        accessLog: true,
        dataDirectory: join(shown.folder, 'example'),
      })
      for (const app of apps) {
        for (const VERSION of ['one', 'two', 'three']) {
          const settings = JSON.stringify({ hostname: `${app}.example.com`, env: { VERSION } })
          // oxlint-disable-next-line no-await-in-loop -- one version after the other
          await toAsk(example)('PUT', `/admin/apps/${app}`, {
            form: { component: COMPONENT, settings },
            token: null,
          })
        }
      }
      const scene = { viewport: { width: 960, height: 600 } }
      const list = await shown.open('/', { ...scene, colorScheme: 'light' }, example)
      const app = await shown.open('/#/shop', { ...scene, colorScheme: 'dark' }, example)
      await toAsk(example)('POST', '/admin/apps/checkout/promote', {
        json: { version: 2, percent: 10 },
        token: null,
      })
      const canary = await shown.open('/#/checkout', { ...scene, colorScheme: 'light' }, example)
      const phone = await shown.open(
        '/',
        { ...PHONE, viewport: { width: 390, height: 780 }, colorScheme: 'dark' },
        example,
      )
      const paths = ['/', '/cart?ms=20', '/search?ms=45', '/articles/1']
      const start = performance.now()
      for (let second = 0; second < 75; second = (performance.now() - start) / 1000) {
        const sends = apps.flatMap((name, i) =>
          Array.from({ length: Math.round(3 + 2 * Math.sin(second / (5 + i * 3)) + Math.random()) }, (_, j) =>
            example.send(`${name}.example.com`, paths[(i + j) % paths.length]!),
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
})
