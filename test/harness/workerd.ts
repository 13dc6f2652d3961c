/** Cloudflare's own runtime with one app, to compare with. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import workerd, { compatibilityDate } from 'workerd'

export interface Peer extends AsyncDisposable {
  readonly origin: string
}

/** `source`: a module without imports. `classes`: its Durable Objects, in `env` by their names in capitals. Resolves when it listens. */
export async function startWorkerd(source: string, classes: readonly string[] = []): Promise<Peer> {
  const directory = mkdtempSync(join(tmpdir(), 'nano-workerd-'))
  const module = JSON.stringify(stripTypeScriptTypes(readFileSync(source, 'utf8')))
  const file = join(directory, 'config.capnp')
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "app", worker = (modules = [(name = "main", esModule = ${module})],
    compatibilityDate = "${compatibilityDate}"${toObjects(classes)})),
    (name = "disk", disk = (path = ${JSON.stringify(directory)}, writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "app")]
);
`,
  )
  const child = spawn(workerd.default, ['serve', '--control-fd=3', file], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const [event] = (await Promise.race([
    once(child.stdio[3] as Readable, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`workerd ended with ${code}`))),
  ])) as [Buffer]
  const { port } = JSON.parse(event.toString()) as { port: number }
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      rmSync(directory, { recursive: true })
    },
  }
}

/** All with SQLite. */
function toObjects(classes: readonly string[]): string {
  if (classes.length === 0) return ''
  const namespaces = classes.map((name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`)
  const bindings = classes.map(
    (name) => `(name = "${name.toUpperCase()}", durableObjectNamespace = "${name}")`,
  )
  return `, durableObjectStorage = (localDisk = "disk"),
    durableObjectNamespaces = [${namespaces.join()}], bindings = [${bindings.join()}]`
}
