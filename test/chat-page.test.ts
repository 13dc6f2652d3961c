/** The page of the example chat, in two browsers. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'

import { CHROMIUM, NEEDS_CHROMIUM, openBrowser } from './harness/browser.ts'
import { builtExample, serve, waitFor } from './harness/serve.ts'
import type { Served } from './harness/serve.ts'

describe.skipIf(CHROMIUM === undefined)(`the chat (${NEEDS_CHROMIUM})`, { timeout: 90_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nano-chat-'))
  let browser: Browser
  let server: Served

  beforeAll(async () => {
    browser = await openBrowser()
    server = await serve(
      [
        {
          name: 'chat',
          hostname: 'chat.localhost',
          path: builtExample('chat'),
          durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room' }] },
          recycle_idle_ms: 100,
        },
      ],
      1,
      { storageDirectory: folder },
    )
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    rmSync(folder, { recursive: true })
  })

  async function enter(name: string) {
    const page = await browser.newPage()
    await page.goto(`http://chat.localhost:${server.port}/`)
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Message').focus()
    await page.waitForFunction('socket.readyState === 1 && socket.url.endsWith("name=" + form.name.value)')
    return {
      page,
      async say(text: string) {
        await page.getByLabel('Message').fill(text)
        await page.getByRole('button').click()
      },
      heard: () => page.locator('#said li').allTextContents(),
    }
  }

  test('two who are in a room hear each other, and who comes in later what was said', async ({ expect }) => {
    const [ada, bob] = [await enter('Ada'), await enter('Bob')]
    await ada.say('Hello')
    await bob.page.getByText('Ada: Hello').waitFor()
    // the room has gone from memory before the next message
    await waitFor(async () => {
      const reports = await server.tenants()
      return reports.every(({ counters }) => counters.liveInstances === 0)
    }, 20_000)
    await bob.say('Hi <b>Ada</b>')
    await ada.page.getByText('Bob: Hi <b>Ada</b>').waitFor()
    const cay = await enter('Cay')
    await cay.page.getByText('Bob: Hi <b>Ada</b>').waitFor()
    expect(await Promise.all([ada, bob, cay].map(({ heard }) => heard()))).toEqual([
      ['Ada: Hello', 'Bob: Hi <b>Ada</b>'],
      ['Ada: Hello', 'Bob: Hi <b>Ada</b>'],
      ['Ada: Hello', 'Bob: Hi <b>Ada</b>'],
    ])
  })
})
