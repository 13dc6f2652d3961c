/**
 * Every function and accessor that the globals lead to is called with no, wrong and odd receivers and arguments: an error
 * at worst, never the end of the instance, never a promise that nothing settles. Which there are is found by walking
 * (`test/fixtures/everything.ts`).
 */

import { test } from 'vitest'

import { LoneApp } from '../harness/lone-app.ts'
import { fixture } from '../harness/serve.ts'

/** Calls that one instance makes: more would need more memory than it has; the collector does not see zlib's. */
const BATCH = 400
const CPU_MS = 10_000
/** Failures that are looked for; each takes some instances to find. */
const MOST_FAILURES = 20

/** What stays pending by right. */
const ENDLESS: readonly (readonly [name: RegExp, reason: string])[] = [
  [/^globalThis\.Promise in/, 'its executor resolves nothing'],
  [/\.Promise\.race in/, 'a race of nobody has no winner'],
  [/\.ReadableStream in/, 'its source neither gives anything nor ends'],
  [/\.closed in/, 'a stream that nobody reads or closes does not end'],
  [/\._\w+(\.|$| in)/, 'within the library of streams one side waits for the other'],
  [
    /(Transform|Compression|Decompression|IdentityTransform|FixedLength|TextEncoder|TextDecoder)Stream\.prototype\.readable in/,
    'nobody writes anything',
  ],
]

test('whatever there is to call throws at worst', async ({ expect }) => {
  using app = await LoneApp.open(fixture('everything'), CPU_MS)
  const count = Number((await app.ask('/count')).text)
  expect(count).toBeGreaterThan(100_000)

  const run = async (from: number, to: number) => app.ask(`/run?from=${from}&to=${to}`)
  const nameOf = async (call: number) => (await app.ask(`/name?call=${call}`)).text ?? `call ${call}`
  /** The first call of these after which the instance is lost: one fewer of them is fine. */
  const findEnd = async (from: number, to: number): Promise<number> => {
    let good = from
    let bad = to
    while (bad - good > 1) {
      const middle = (good + bad) >> 1
      // oxlint-disable-next-line no-await-in-loop -- where to look depends on what was found
      if ((await run(from, middle)).code === undefined) good = middle
      else bad = middle
    }
    return good
  }

  const failures: string[] = []
  for (let from = 0; from < count && failures.length < MOST_FAILURES;) {
    const to = Math.min(from + BATCH, count)
    // oxlint-disable-next-line no-await-in-loop -- an instance at a time
    const { code, text } = await run(from, to)
    if (code === undefined) {
      for (const name of JSON.parse(text ?? '[]') as string[]) {
        if (!ENDLESS.some(([pattern]) => pattern.test(name))) failures.push(`${name}: never settles`)
      }
      from = to
    } else {
      // oxlint-disable-next-line no-await-in-loop
      const call = await findEnd(from, to)
      // oxlint-disable-next-line no-await-in-loop
      failures.push(`${await nameOf(call)}: ${code}`)
      from = call + 1
    }
  }
  expect(failures).toEqual([])
}, 120_000)
