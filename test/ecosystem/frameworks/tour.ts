/** A visitor with a browser: what each of the sites shows, and that its scripts run. */

import type { Browser } from 'playwright-core'

/** What is wrong, a line each. */
export async function tour(browser: Browser, origin: string): Promise<readonly string[]> {
  const page = await browser.newPage()
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(`${page.url()}: console: ${message.text()}`)
  })
  // which a site need not have
  await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }))
  page.setDefaultTimeout(20_000)
  const expectText = async (selector: string, text: string) => {
    const found = page.locator(selector, { hasText: text })
    await found.waitFor().catch(() => wrong.push(`${page.url()}: expected ${selector} to say "${text}"`))
  }
  try {
    await page.goto(origin)
    await expectText('h1', 'hello from vars')
    await page.waitForLoadState('networkidle')
    await page.getByRole('button', { name: 'count 1' }).click()
    await expectText('button', 'count 2')
    const picture = page.getByAltText('a picture')
    const width = await picture.evaluate(
      (image) => (image as unknown as { naturalWidth: number }).naturalWidth,
    )
    if (width !== 8) wrong.push(`expected a picture of 8 pixels, got ${width}`)
    await page.getByRole('link', { name: 'about' }).click()
    await expectText('h1', 'made at build time')
    await page.goto(`${origin}/stream`)
    await expectText('#later', 'streamed')
    await page.goto(`${origin}/form`)
    await page.waitForLoadState('networkidle')
    await page.locator('input[name=name]').fill('Ada')
    await page.getByRole('button', { name: 'send' }).click()
    await expectText('#sent', 'Ada')
  } catch (error) {
    wrong.push(`${page.url()}: ${String(error)}`)
  } finally {
    await page.close()
  }
  return wrong
}
