/** Headless Chromium, as the system has it: the package that drives it brings none. */

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

const found = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path))

/** Undefined: there is none. */
export const CHROMIUM = process.env['CHROMIUM'] ?? found

export const NEEDS_CHROMIUM = 'needs Chromium: apt-get install chromium, or its path in CHROMIUM'

export function openBrowser(): Promise<Browser> {
  // root has no sandbox, and a container little shared memory; what is opened is our own
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  return chromium.launch({ executablePath: CHROMIUM!, args })
}

/** Drop files onto the page, as a file manager does. */
export async function dropFiles(page: Page, files: { name: string; bytes: Uint8Array }[]): Promise<void> {
  const encoded = files.map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString('base64') }))
  const transfer = await page.evaluateHandle((all) => {
    const { DataTransfer, File } = globalThis as unknown as Globals
    const made = new DataTransfer()
    for (const { name, text } of all) {
      made.items.add(new File([Uint8Array.fromBase64(text)], name))
    }
    return made
  }, encoded)
  await page.dispatchEvent('main', 'dragover', { dataTransfer: transfer })
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer })
}

/** What a page has and Node has not. */
interface Globals {
  DataTransfer: new () => { items: { add(file: unknown): void } }
  File: new (parts: Uint8Array[], name: string) => unknown
}
