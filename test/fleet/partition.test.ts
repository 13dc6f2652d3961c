/**
 * Three machines, each with a host and a NATS node, of which one is cut off by the network from the others, and not from its clients: it goes on
 * serving, nothing is in two places, and all agree when it is back.
 */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { send } from '../harness/http.ts'
import { Network, NO_NAMESPACES } from '../harness/namespaces.ts'
import type { Machine } from '../harness/namespaces.ts'
import { NO_NATS } from '../harness/nats.ts'
import { startNano } from '../harness/process.ts'
import type { ServerProcess } from '../harness/process.ts'
import { fixture } from '../harness/serve.ts'

const MISSING = NO_NATS ?? NO_NAMESPACES
const PATIENCE = { timeout: 60_000, interval: 300 }
const NAMES = ['a', 'b', 'c']

const APP = `
  import { DurableObject } from 'cloudflare:workers'
  export class Counter extends DurableObject {
    async fetch() {
      const count = ((await this.ctx.storage.get('count')) ?? 0) + 1
      await this.ctx.storage.put('count', count)
      return Response.json(count)
    }
  }
  export default {
    async fetch(request, env) {
      const { pathname, searchParams } = new URL(request.url)
      try {
        if (pathname === '/get') return Response.json(await env.KV.get('x'))
        if (pathname === '/put') { await env.KV.put('x', searchParams.get('value')); return Response.json('put') }
        return await env.COUNTER.getByName(searchParams.get('name')).fetch(request)
      } catch ({ code = null, retryable = false }) { return Response.json({ code, retryable }, { status: 503 }) }
    },
  }`

/** A NATS node on each machine. */
function startNodes(machines: readonly Machine[], folder: string): ChildProcess[] {
  const routes = machines.map(({ address }) => `"nats://${address}:6222"`).join(', ')
  return machines.map(({ within, address }, index) => {
    const file = join(folder, `n${index}.conf`)
    writeFileSync(
      file,
      `server_name: n${index}
      listen: "${address}:4222"
      jetstream { store_dir: "${join(folder, `n${index}`)}" }
      cluster { name: nano, listen: "${address}:6222", routes: [${routes}] }`,
    )
    const [program, ...before] = within
    return spawn(program!, [...before, 'nats-server', '-c', file], { stdio: 'ignore' })
  })
}

class PlacedHost {
  readonly #machine: Machine
  readonly #process: ServerProcess

  constructor(machine: Machine, started: ServerProcess) {
    this.#machine = machine
    this.#process = started
  }

  /** The status, and what it says. */
  async ask(host: string, path: string): Promise<unknown> {
    const { headers, text } = await send(this.#process.port, { host, path, to: this.#machine.reach })
    return headers['content-type'] === 'application/json' ? (JSON.parse(text) as unknown) : text
  }

  /** The version of the deployed app. */
  async version(): Promise<string> {
    return String(await this.ask('site.test', '/')).split(' ', 1)[0]!
  }

  /** Whether it was acknowledged. */
  async deploy(version: string): Promise<boolean> {
    const body = new FormData()
    body.set('component', new Blob([readFileSync(fixture('version'))]))
    body.set('settings', JSON.stringify({ env: { VERSION: version } }))
    const url = `http://${this.#machine.reach}:${this.#process.adminPort}/admin/apps/site?hostname=site.test`
    const headers = { authorization: `Bearer ${TOKEN}` }
    const { ok } = await fetch(url, { method: 'PUT', headers, body }).catch(() => ({ ok: false }))
    return ok
  }
}

test.skipIf(MISSING !== undefined)(
  `a machine that is cut off serves on, has no second instance of an object, and agrees with the others when it is back${MISSING ? ` (skipped: ${MISSING})` : ''}`,
  { timeout: 300_000 },
  async ({ expect }) => {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'nano-partition-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const { machines } = stack.use(new Network(NAMES.length))
    for (const node of startNodes(machines, folder)) {
      stack.defer(async () => {
        node.kill('SIGKILL')
        await once(node, 'exit')
      })
    }
    writeFileSync(join(folder, 'app.js'), APP)
    const nats = machines.map(({ address }) => `nats://${address}:4222`)
    const start = async (machine: Machine, index: number): Promise<PlacedHost> => {
      const own = join(folder, NAMES[index]!)
      mkdirSync(own)
      const config = {
        host: machine.reach,
        admin: { host: machine.reach },
        shards: 1,
        fleet: { nats, host: NAMES[index], key: false },
        storage: { kv: 'fleet' },
        defaults: { cpu_ms: 10_000 },
        apps: [
          {
            name: 'app',
            hostname: 'app.test',
            path: '../app.js',
            timeout_ms: 30_000,
            kv_namespaces: [{ binding: 'KV', id: 'kv' }],
            durable_objects: { bindings: [{ name: 'COUNTER', class_name: 'Counter' }] },
          },
        ],
      }
      writeFileSync(join(own, 'nano.json'), JSON.stringify(config))
      const env = { NANO_ADMIN_TOKEN: TOKEN }
      const started = await startNano(join(own, 'nano.json'), { env, within: machine.within })
      started.stderr.resume()
      return new PlacedHost(machine, stack.use(started))
    }
    const [a, b, c] = await Promise.all(machines.map(start))
    const count = (host: PlacedHost | undefined, name: string) => host!.ask('app.test', `/?name=${name}`)
    const lost = { retryable: true }

    await expect.poll(() => a!.deploy('v1'), PATIENCE).toBe(true)
    for (const host of [a, b, c]) await expect.poll(() => host!.version(), PATIENCE).toBe('v1')
    await expect.poll(() => count(a, 'of-a'), PATIENCE).toBe(1)
    await expect.poll(() => count(c, 'of-c'), PATIENCE).toBe(1)
    expect([await count(c, 'of-a'), await count(a, 'of-c')]).toEqual([2, 2])
    await expect.poll(() => a!.ask('app.test', '/put?value=1'), PATIENCE).toBe('put')
    expect(await c!.ask('app.test', '/get')).toBe('1')

    machines[2]!.cut()
    // its own go on, those of others fail
    expect(await count(c, 'of-c')).toBe(3)
    expect(await count(c, 'of-a')).toMatchObject(lost)
    expect(await c!.version()).toBe('v1')
    await expect.poll(() => count(b, 'of-a'), PATIENCE).toBe(3)
    expect(await count(a, 'of-c')).toMatchObject(lost)
    expect(await count(c, 'new')).toMatchObject({ code: 'OBJECT_UNREACHABLE', ...lost })
    // the others agree without it
    await expect.poll(() => b!.deploy('v2'), PATIENCE).toBe(true)
    await expect.poll(() => a!.version(), PATIENCE).toBe('v2')
    await expect.poll(() => b!.ask('app.test', '/put?value=2'), PATIENCE).toBe('put')
    expect(await a!.ask('app.test', '/get')).toBe('2')
    expect(await count(b, 'new')).toBe(1)
    expect(await c!.version()).toBe('v1')
    expect(await count(c, 'of-c')).toBe(4)

    machines[2]!.heal()
    await expect.poll(() => c!.version(), PATIENCE).toBe('v2')
    await expect.poll(() => c!.ask('app.test', '/get'), PATIENCE).toBe('2')
    await expect.poll(() => count(a, 'of-c'), PATIENCE).toBe(5)
    await expect.poll(() => count(c, 'of-a'), PATIENCE).toBe(4)
    await expect.poll(() => count(c, 'new'), PATIENCE).toBe(2)
  },
)
