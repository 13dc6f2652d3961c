/**
 * Components that are refused by nobody, for their engine is known, and whose memory is forged: what a snapshot holds is
 * the tenant's, so every pointer, length and table in it may be anything. Such a guest traps or answers nonsense, within
 * its limits, and nobody else notices; it is even the first one of its shard, with which the engine is warmed up.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, test } from 'vitest'

import { withDataSegments } from '../../host/wasm/data-segments.ts'
import { withMemory } from '../../host/wasm/memory.ts'
import { buildFixture, editMain, readSegments } from '../harness/component.ts'
import { forge } from '../harness/corrupt.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { serve } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const SEEDS = 36
const LIMITS = { cpu_ms: 200, timeout_ms: 2000 }
/** On a busy machine; a request that nobody stops would take for ever. */
const SLACK_MS = 5000

const folder = mkdtempSync(join(tmpdir(), 'nano-forged-'))
const apps: AppSpec[] = []
let server: Served

beforeAll(async () => {
  const good = await buildFixture('memory')
  const segments = readSegments(good)
  for (let seed = 0; seed < SEEDS; seed++) {
    const path = join(folder, `${seed}.wasm`)
    const forged = forge(segments, seed)
    writeFileSync(
      path,
      editMain(good, (sections) => withDataSegments(sections, forged)),
    )
    apps.push({ name: `forged-${seed}`, hostname: `forged-${seed}.test`, path, ...LIMITS })
  }
  // the most broken one first
  server = await serve([...apps.toReversed(), NEIGHBOUR])
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

async function ask(host: string, path: string, body?: string): Promise<number> {
  const start = performance.now()
  const answer = await server.send(host, path, body === undefined ? {} : { method: 'POST', body })
  const elapsed = performance.now() - start
  if (elapsed > LIMITS.timeout_ms + SLACK_MS) throw new Error(`${host}${path} took ${elapsed} ms`)
  return answer.status
}

// A9, A10, A11, A13, A14
test('forged snapshots trap or answer, within their limits, and the neighbour never notices', async ({
  expect,
}) => {
  const neighbour = watchNeighbour(server)
  const statuses = new Set<number>()
  let failed = 0
  for (const { hostname } of apps) {
    const answers = await Promise.all([
      ask(hostname!, '/'),
      ask(hostname!, '/note?a=b'),
      ask(hostname!, '/random'),
      ask(hostname!, '/digest', 'abc'),
      ask(hostname!, '/log'),
    ])
    for (const status of answers) statuses.add(status)
    if (answers.some((status) => status !== 200)) failed++
  }
  await neighbour.stop()
  expect([...statuses].filter((status) => ![200, 500, 502, 503, 504].includes(status))).toEqual([])
  // it is the forging that is seen, and not all of it at the first step
  expect(failed).toBeGreaterThan(SEEDS / 4)
  expect(failed).toBeLessThan(SEEDS)
})

test('each is asked again: a new instance every time, and still nobody else falls', async ({ expect }) => {
  const before = await server.counters()
  const neighbour = watchNeighbour(server)
  await Promise.all(apps.flatMap(({ hostname }) => [ask(hostname!, '/'), ask(hostname!, '/random')]))
  await neighbour.stop()
  expect((await server.counters()).traps).toBeGreaterThan(before.traps)
  expect(server.log.filter((entry) => /INTERNAL|shard|which no engine does/.test(entry))).toEqual([])
  expect(server.log.every((entry) => /^\w+ +\[(forged-\d+|neighbour)[ \]]/.test(entry))).toBe(true)
})

/** With the least more, an instance's memory is one that is replaced. */
const NEARLY_FULL_PAGES = 1535
const REQUESTS = 40

test(
  'an app that makes a new instance of every request has no more of the shard than its neighbour',
  { timeout: 60_000 },
  async ({ expect }) => {
    const path = join(folder, 'nearly-full.wasm')
    writeFileSync(
      path,
      editMain(await buildFixture('hostile'), (sections) => withMemory(sections, NEARLY_FULL_PAGES)),
    )
    await using full = await serve([{ name: 'full', hostname: 'full.test', path, cpu_ms: 200 }, NEIGHBOUR])
    const neighbour = watchNeighbour(full)
    const statuses: number[] = []
    for (let i = 0; i < REQUESTS; i++) statuses.push((await full.send('full.test', '/puff')).status)
    const { answers } = await neighbour.stop()
    expect(new Set(statuses)).toEqual(new Set([200]))
    const reports = await full.tenants()
    const { instances, liveInstances } = reports.find(({ name }) => name === 'full')!.counters
    // what making them takes is time of its own turns
    expect(instances).toBeGreaterThanOrEqual(REQUESTS)
    expect(liveInstances).toBeLessThanOrEqual(2)
    expect(answers).toBeGreaterThan(REQUESTS)
  },
)
