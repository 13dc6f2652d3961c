/** The operator's page of a real server, in a browser. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'

import { toAsk } from './admin.ts'
import { CHROMIUM, NEEDS_CHROMIUM, openBrowser } from './browser.ts'
import type { Answer } from './http.ts'
import { fixture, serve } from './serve.ts'
import type { Served } from './serve.ts'

export const LOGGER = { name: 'logger', hostname: 'logger.test', path: fixture('logger') }
export const COMPONENT = readFileSync(fixture('version'))

/** What tests of the page have. */
export interface ShownPage {
  /** With `LOGGER`, to which apps can be deployed without a token. */
  readonly server: Served
  readonly browser: Browser
  /** Of the server. */
  readonly folder: string
  /** A page of its own; what its console complains of fails the test. */
  open(path?: string, options?: BrowserContextOptions, at?: Served): Promise<Page>
  /** Deploys a version of an app. */
  put(name: string, env?: object): Promise<Answer>
}

/** A suite with one server and one browser; skipped where there is no browser. */
export function describePage(title: string, define: (shown: ShownPage) => void): void {
  describe.skipIf(CHROMIUM === undefined)(`${title} (${NEEDS_CHROMIUM})`, { timeout: 90_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'nano-page-'))
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
      rmSync(folder, { recursive: true })
    })

    define({
      folder,
      get server() {
        return server
      },
      get browser() {
        return browser
      },
      async open(path = '/', options = {}, at = server) {
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
      },
      put: (name, env = {}) =>
        toAsk(server)('PUT', `/admin/apps/${name}`, {
          form: { component: COMPONENT, settings: JSON.stringify({ hostname: `${name}.test`, env }) },
          token: null,
        }),
    })
  })
}
