/** NANO as a server under test: a process that serves so many tenants, all of the same component. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildApp } from '../host/build/build.ts'
import type { ServerCounters } from '../host/supervisor/counters.ts'
import { toHosts } from './hosts.ts'
import { findPort, startProcess } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const CHILD = fileURLToPath(new URL('serve-child.ts', import.meta.url))

export interface NanoOptions {
  readonly component: string
  readonly apps: number
  readonly shards: number
  /** Where the configuration is written. */
  readonly directory: string
  /** Of each app, as nano.json spells them. */
  readonly settings?: object
}

export interface NanoProcess extends ServerProcess {
  counters(): Promise<ServerCounters>
}

/** Builds one of the example apps; how long it took. */
export async function buildExample(name: string, file: string): Promise<number> {
  const { durationMs } = await buildApp({
    entry: fileURLToPath(new URL(`../apps/${name}`, import.meta.url)),
    outFile: file,
  })
  return durationMs
}

export async function startNano({
  component,
  apps,
  shards,
  directory,
  settings = {},
}: NanoOptions): Promise<NanoProcess> {
  const port = await findPort()
  const hosts = toHosts(apps)
  const file = join(directory, `nano-${apps}.json`)
  const config = {
    apps: hosts.map((hostname, i) => ({ name: `app-${i}`, hostname, path: component, ...settings })),
  }
  await writeFile(file, JSON.stringify(config))
  const args = [file, String(port), String(shards)]
  const server = await startProcess({ command: CHILD, args, port, hosts, channel: true })
  return { ...server, counters: () => ask(server) }
}

function ask({ child }: ServerProcess): Promise<ServerCounters> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('NANO ended'))
    child.once('exit', gone)
    child.once('message', (counters) => {
      child.off('exit', gone)
      resolve(counters as ServerCounters)
    })
    child.send('counters')
  })
}
