/** The operator's page in headless Chromium: what it shows and does, and that what strangers say stays text. */

import { readFileSync } from 'node:fs'

import { onTestFinished, test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { dropFiles } from '../harness/browser.ts'
import { COMPONENT, describePage, LOGGER } from '../harness/operator-page.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'

const HOSTILE =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>\u202egnp.exe'

describePage("the operator's page", (shown) => {
  test('shows each app with its numbers as they change', async ({ expect }) => {
    const page = await shown.open()
    const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'logger' }) })
    await card.getByText('logger.test').waitFor()
    expect(await card.textContent()).toContain('serving, nano.json')
    expect(await page.locator('#health').textContent()).toBe('ready, 1 of 1 shards')
    const read = async (measure: string) => await card.locator(`div.${measure} .value`).textContent()
    await waitFor(async () => {
      await shown.server.send('logger.test', '/work')
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
    const page = await shown.open()
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
    expect((await shown.server.send('shop.test', '/')).text).toBe('none 1')
    await report.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor()
    await page.getByRole('row', { name: /^1 .*shop\.test .*serves$/ }).waitFor()
  })

  test('rolls back by a button, once that is confirmed', async ({ expect }) => {
    await shown.put('back', { VERSION: 'one' })
    await shown.put('back', { VERSION: 'two' })
    const page = await shown.open('/#/back')
    const dialog = page.getByRole('dialog', { name: 'Roll back back?' })
    await page.getByRole('button', { name: 'Roll back' }).click()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect((await shown.server.send('back.test', '/')).text).toMatch(/^two/)
    await page.getByRole('button', { name: 'Roll back' }).click()
    expect(await dialog.textContent()).toContain('Version 1 serves in place of version 2')
    await dialog.getByRole('button', { name: 'Serve version 1' }).click()
    await page.getByRole('status').getByText('back: version 1 serves').waitFor()
    expect((await shown.server.send('back.test', '/')).text).toMatch(/^one/)
    await page.getByRole('button', { name: 'Serve version 2' }).click()
    await page
      .getByRole('dialog', { name: 'Switch back?' })
      .getByRole('button', { name: 'Serve version 2' })
      .click()
    await page.getByRole('row', { name: /^2 .*serves$/ }).waitFor()
  })

  test('shows log lines as they come, whose text stays text', async ({ expect }) => {
    const page = await shown.open('/#/logger')
    const log = page.getByRole('log', { name: 'Log' })
    await page.getByText('live', { exact: true }).waitFor()
    await shown.server.send('logger.test', `/say?text=${encodeURIComponent(HOSTILE)}`)
    const line = log.getByText('onerror')
    await line.waitFor()
    expect(await line.textContent()).toBe(HOSTILE.replace('\u202e', '\\u202e'))
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await page.title()).toBe('logger · NANO')
    await page.getByRole('button', { name: 'Pause' }).click()
    await shown.server.send('logger.test', '/say?text=meanwhile')
    await shown.server.logged('meanwhile')
    await page.getByRole('button', { name: 'Go on' }).click()
    await log.getByText('meanwhile', { exact: true }).waitFor()
    await page.getByLabel('Level').selectOption('error')
    await shown.server.send('logger.test', '/error')
    await log.getByText('Error: logged').waitFor()
    expect(await log.getByText('meanwhile').count()).toBe(0)
  })

  test("shows a stranger's names as text, whatever the server says", async ({ expect }) => {
    const context = await shown.browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await page.route('**/admin/apps?*', async (route) => {
      const answer = await route.fetch()
      const { apps } = (await answer.json()) as { apps: object[] }
      await route.fulfill({ json: { apps: [{ ...apps[0], name: HOSTILE, hostname: HOSTILE }], total: 1 } })
    })
    await page.goto(`${shown.server.adminUrl!}/`)
    const link = page.getByRole('link', { name: 'onerror' })
    await link.waitFor()
    expect(await link.textContent()).toBe(HOSTILE.replace('\u202e', '\\u202e'))
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await page.title()).toBe('NANO')
  })

  test('runs no script but its own, and markup nowhere', async ({ expect }) => {
    const page = await (await shown.browser.newContext()).newPage()
    onTestFinished(() => page.context().close())
    await page.goto(`${shown.server.adminUrl!}/`)
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

  test('asks for a token where one is needed, keeps it in its tab, and forgets it', async ({ expect }) => {
    await using guarded = await serve([LOGGER], 1, { admin: { port: 0 }, adminToken: TOKEN })
    const page = await shown.open('/', {}, guarded)
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
})
