/** Where tests run. Each run of a file has an instance, an isolate or a process of its own. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import workerd from 'workerd'

import { findPort, startProcess } from '../../bench/server-process.ts'
import { send } from '../harness/http.ts'
import { serve, waitFor } from '../harness/serve.ts'
import type { Script } from './scripts.ts'

export interface Work {
  readonly scripts: readonly Script[]
  readonly limitMs: number
}

export interface Outcome {
  /** Name, status (0 is a pass), message. */
  readonly results: readonly (readonly [string, number, string])[]
  readonly error: string
}

export interface Host {
  run(work: Work): Promise<Outcome>
  stop(): Promise<void>
}

const GUEST = fileURLToPath(new URL('guest/index.js', import.meta.url))
const ON_NODE = fileURLToPath(new URL('guest/on-node.js', import.meta.url))
const RESTART_MS = 30_000
const HOST_NAME = 'wpt.test'

/** By name; each takes a folder of its own. */
export const HOSTS: Readonly<Record<string, (directory: string) => Promise<Host>>> = {
  nano: startNano,
  workerd: startWorkerd,
  node: startNode,
}

/** A file that used up its time must not have the next one turned away: several apps take turns. */
const APPS = Array.from({ length: 8 }, (_, i) => `wpt-${i}`)

async function startNano(): Promise<Host> {
  const limits = {
    recycle_requests: 1,
    cpu_ms: 15_000,
    timeout_ms: 120_000,
    memory_mb: 512,
    idle_ms: 120_000,
  }
  const apps = APPS.map((name) => ({ name, hostname: `${name}.test`, path: GUEST, ...limits }))
  const server = await serve(apps, 1, { allowLoopback: true })
  let turn = 0
  return {
    async run(work) {
      const host = `${APPS[turn++ % APPS.length]}.test`
      // a shard that a test has brought to a standstill is replaced
      return post(server.port, host, work).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNREFUSED' && error.code !== 'ECONNRESET') throw error
        await waitFor(() => send(server.port, { host, path: '/' }).catch(() => undefined), RESTART_MS)
        return await post(server.port, host, work)
      })
    },
    stop: () => server.close(),
  }
}

async function startWorkerd(directory: string): Promise<Host> {
  await copyFile(GUEST, join(directory, 'guest.js'))
  return {
    async run(work) {
      const port = await findPort()
      const file = join(directory, 'workerd.capnp')
      await writeFile(file, toWorkerdConfig(port))
      const args = ['serve', '--experimental', file]
      await using process = await startProcess({ command: workerd.default, args, port, hosts: [HOST_NAME] })
      return await post(process.port, HOST_NAME, work)
    },
    stop: () => Promise.resolve(),
  }
}

function toWorkerdConfig(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "wpt", worker = (modules = [(name = "guest", esModule = embed "guest.js")], compatibilityDate = "2026-01-01",
      bindings = [(name = "UNSAFE_EVAL", unsafeEval = void)])),
    (name = "internet", network = (allow = ["public", "private"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "wpt")]
);
`
}

async function startNode(): Promise<Host> {
  return {
    async run(work) {
      const child = spawn(process.execPath, ['--expose-gc', ON_NODE], { stdio: ['pipe', 'pipe', 'ignore'] })
      const stopper = setTimeout(() => child.kill('SIGKILL'), work.limitMs + 20_000)
      child.stdin.end(JSON.stringify(work))
      const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
      clearTimeout(stopper)
      const at = output.lastIndexOf('\nANSWER ')
      if (at === -1) return { results: [], error: 'the process died' }
      return JSON.parse(output.slice(at + '\nANSWER '.length)) as Outcome
    },
    stop: () => Promise.resolve(),
  }
}

async function post(port: number, host: string, work: Work): Promise<Outcome> {
  const answer = await send(port, { host, path: '/', method: 'POST', body: JSON.stringify(work) })
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text.slice(0, 300)}`)
  return answer.json<Outcome>()
}
