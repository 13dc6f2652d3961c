/**
 * What a turn touches. With many tenants the memory of each is out of the processor's caches when its next request comes,
 * and a turn takes what its lines and pages take to come back. The figures are those of an engine that writes them down
 * (bench/trace.ts): no clock, and the same on every machine. A budget that is too wide now is to be lowered.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { TracedGuest, type Touched } from '../../bench/traced-guest.ts'
import { builtExample } from '../harness/serve.ts'

const APPS: readonly { app: string; path: string; first: Touched; most: Touched }[] = [
  {
    app: 'hello',
    path: '/',
    first: { lines: 1540, written: 390, pages: 280, instructions: 165_000, functions: 230 },
    most: { lines: 810, written: 125, pages: 205, instructions: 83_000, functions: 160 },
  },
  {
    app: 'rest-api',
    path: '/notes',
    first: { lines: 6000, written: 2900, pages: 510, instructions: 3_500_000, functions: 630 },
    most: { lines: 1850, written: 245, pages: 328, instructions: 250_000, functions: 230 },
  },
]

describe.for(APPS)('a turn of $app', ({ app, path, first, most }) => {
  let directory: string
  let guest: TracedGuest

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nano-touched-'))
    guest = await TracedGuest.open(await readFile(builtExample(app)), directory)
  })
  afterAll(async () => {
    guest[Symbol.dispose]()
    await rm(directory, { recursive: true, force: true })
  })

  test('the first one of an instance touches no more than its budget', async ({ expect }) => {
    expect(findExcess(await guest.trace(path), first)).toEqual([])
  })

  test('a turn as most are touches no more than its budget', async ({ expect }) => {
    expect(findExcess(await guest.traceMost(path), most)).toEqual([])
  })
})

/** What is beyond its budget, or was not written down at all. */
function findExcess(touched: Touched, budget: Touched): string[] {
  const names = Object.keys(budget) as (keyof Touched)[]
  const wrong = names.filter((name) => touched[name] > budget[name] || touched[name] === 0)
  return wrong.map((name) => `${name}: expected at most ${budget[name]}, got ${touched[name]}`)
}
