/** Apps that want more memory than they may have: it ends in the app or with its instance, never in the host. */
import { afterAll, beforeAll, describe, test } from 'vitest'

import { createSourceDir } from '../build/source-dir.ts'
import { codeOf, type Answer } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, type Served } from '../harness/serve.ts'

const MIB = 1024 * 1024
const CEILING_MB = 128

describe('an app that hoards memory', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      { name: 'hoard', hostname: 'hoard.test', path: fixture('hoard'), memory_mb: CEILING_MB },
      NEIGHBOUR,
    ])
    await server.send('hoard.test', '/')
  })

  afterAll(() => server.close())

  test('is refused buffers by its own engine, and goes on', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    const answer = await server.send('hoard.test', '/buffers')
    const { mib, error } = answer.json<{ mib: number; error: string }>()
    expect(mib).toBeGreaterThan(32)
    expect(mib).toBeLessThan(CEILING_MB)
    expect(error).not.toBe('')
    expect((await server.send('hoard.test', '/')).text).toBe('fine')
  })

  test.for(['/objects', '/text'])(
    '%s costs it its instance and nobody else anything',
    async (path, { expect }) => {
      await using _ = watchNeighbour(server)
      const before = process.memoryUsage.rss()
      const answer = await server.send('hoard.test', path)
      expect(answer.status).toBeGreaterThanOrEqual(500)
      expect(codeOf(answer)).toMatch(/^APP_(MEMORY_LIMIT|TRAPPED|THREW)$/)
      expect(process.memoryUsage.rss() - before).toBeLessThan(2 * CEILING_MB * MIB)
      expect((await server.send('hoard.test', '/')).text).toBe('fine')
    },
  )

  test('at its ceiling it is told so', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    const answer = await server.send('hoard.test', '/objects')
    expect([answer.status, codeOf(answer)]).toEqual([503, 'APP_MEMORY_LIMIT'])
    await server.logged('[hoard', 'APP_MEMORY_LIMIT', `${CEILING_MB} MiB`)
  })

  test('what it keeps from request to request gets it a new instance, before it is full', async ({
    expect,
  }) => {
    await using _ = watchNeighbour(server)
    const answers: Answer[] = []
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    for (let i = 0; i < 200; i++) answers.push(await server.send('hoard.test', '/retain'))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const kept = answers.map((answer) => answer.json<{ kept: number }>().kept)
    expect(Math.max(...kept)).toBeLessThan(CEILING_MB)
    expect(kept.filter((count) => count === 1).length).toBeGreaterThan(1)
  })
})

// the engine by itself gives up at 32 MiB of objects
test.for([
  [1_000_000, 128],
  [2_500_000, 256],
] as const)('%i objects at a time fit into %i MiB', async ([objects, memory_mb], { expect }) => {
  await using server = await serve([
    { name: 'hoard', hostname: 'hoard.test', path: fixture('hoard'), memory_mb, cpu_ms: 20_000 },
  ])
  const ask = async (count: number) => server.send('hoard.test', `/count?objects=${count}`)
  // what each leaves is collected, whatever the heap has grown to
  for (const share of [1, 1, 0.8, 0.8, 0.9, 0.6, 1]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect((await ask(share * objects)).text).toBe(JSON.stringify({ count: share * objects }))
  }
  // more than there is room for is refused by the engine or ends the instance
  expect(codeOf(await ask(8 * objects))).toMatch(/^APP_(MEMORY_LIMIT|THREW)$/)
  const kept = await server.send('hoard.test', '/objects')
  expect([kept.status, codeOf(kept)]).toEqual([503, 'APP_MEMORY_LIMIT'])
  expect((await server.send('hoard.test', '/')).text).toBe('fine')
})

test('an app that begins with more than its ceiling is refused, and told what to do', async ({ expect }) => {
  using folder = createSourceDir({
    'index.js': `globalThis.kept = new Uint8Array(${CEILING_MB * MIB}); export default { fetch: () => new Response('') }`,
  })
  const { path } = folder
  const refused = serve([{ name: 'large', path, memory_mb: CEILING_MB }])
  await expect(refused).rejects.toThrow(
    /app large: .*begins with \d+ MiB of memory, its memory_mb allows 128/,
  )
  await using server = await serve([{ name: 'large', hostname: 'large.test', path, memory_mb: 512 }])
  expect((await server.send('large.test', '/')).status).toBe(200)
})
