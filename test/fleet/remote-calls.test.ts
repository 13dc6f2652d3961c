/** Calls of apps on another host of the fleet, beyond what test/request/calls.test.ts and rpc.test.ts show of them. */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { TWO_HOSTS } from '../harness/places.ts'
import type { AppSpec } from '../harness/serve.ts'

const FILES = {
  'caller.js': `
    const say = async (work) => {
      try { return Response.json(await work()) }
      catch ({ code = null, message }) { return Response.json({ code, message }) }
    }
    export default {
      fetch(request, env) {
        const path = new URL(request.url).pathname
        if (path === '/text') return say(async () => (await env.OTHER.fetch('https://x.example/')).text())
        if (path === '/closed') return say(async () => (await env.CLOSED.fetch('https://x.example/')).text())
        if (path === '/nowhere') return say(async () => (await env.NOWHERE.fetch('https://x.example/')).text())
        if (path === '/burn') return (async () => {
          for (let i = 0; i < 200; i++) await (await env.OTHER.fetch('https://x.example/burn')).text()
          return new Response('done')
        })()
        return say(async () => {
          const response = await env.OTHER.fetch('https://x.example/endless')
          let bytes = 0
          for await (const chunk of response.body) bytes += chunk.length
          return bytes
        })
      },
    }`,
  'other.js': `
    export default {
      fetch(request) {
        const path = new URL(request.url).pathname
        if (path === '/burn') for (let i = 0, sum = 0; i < 300_000; i++) sum += i
        if (path !== '/endless') return new Response('here')
        let sent = 0
        return new Response(new ReadableStream({ async pull(c) { await scheduler.wait(20); c.enqueue(new Uint8Array(1000)); sent++ } }))
      },
    }`,
}

describe.skipIf(TWO_HOSTS.missing !== undefined)(TWO_HOSTS.name, () => {
  let sources: SourceDir
  beforeAll(() => {
    sources = createSourceDir(FILES)
  })
  afterAll(() => sources[Symbol.dispose]())
  const toApps = (): AppSpec[] => [
    {
      name: 'caller',
      path: sources.at('caller.js'),
      cpu_ms: 300,
      timeout_ms: 30_000,
      subrequests: 1000,
      services: [
        { binding: 'OTHER', service: 'other' },
        { binding: 'CLOSED', service: 'closed' },
        { binding: 'NOWHERE', service: 'nowhere' },
      ],
    },
    { name: 'other', path: sources.at('other.js'), cpu_ms: 10_000 },
  ]

  test('only who may call an app calls it, and cannot tell whether there is another one', async ({
    expect,
  }) => {
    const [caller, other] = toApps()
    await using placed = await TWO_HOSTS.open([caller!, other!])
    // a host's own apps, which nobody elsewhere may call
    await placed.others.put({ ...other!, name: 'closed', called_by: ['somebody'] } as AppSpec)
    const ask = async (path: string): Promise<unknown> => (await placed.caller.send('caller', path)).json()
    expect(await ask('/text')).toBe('here')
    const refused = await ask('/closed')
    expect(refused).toMatchObject({
      code: 'CALL_UNKNOWN',
      message: expect.stringContaining('"closed"') as string,
    })
    const unknown = (await ask('/nowhere')) as { message: string }
    expect({ ...unknown, message: unknown.message.replace('nowhere', 'closed') }).toEqual(refused)
  })

  test('a caller pays for what it sets off there', { timeout: 60_000 }, async ({ expect }) => {
    await using placed = await TWO_HOSTS.open(toApps())
    const { status, text } = await placed.caller.send('caller', '/burn')
    expect([status, text]).toEqual([expect.any(Number), expect.stringContaining('APP_CPU_LIMIT')])
  })

  test(
    'a host that goes fails what it has under way, and what it is called for afterwards',
    { timeout: 60_000 },
    async ({ expect }) => {
      await using placed = await TWO_HOSTS.open(toApps())
      const ask = async (path: string): Promise<unknown> => (await placed.caller.send('caller', path)).json()
      expect(await ask('/text')).toBe('here')
      const endless = ask('/endless')
      await expect.poll(() => placed.others.counters().then(({ requests }) => requests)).toBeGreaterThan(1)
      await placed.others.close()
      expect(await endless).toMatchObject({ message: expect.any(String) as string })
      expect(await ask('/text')).toMatchObject({ code: 'FLEET_UNAVAILABLE' })
    },
  )
})
