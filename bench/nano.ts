/** NANO as a server under test: a process that serves so many tenants, all of the same component. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildApp } from '../host/build/build.ts'
import type { ServerCounters } from '../host/supervisor/counters.ts'
import type { ChildQuestions, NewApp } from './child-questions.ts'
import type { Fleet } from './fleet.ts'
import { toHosts } from './hosts.ts'
import { findPort, startProcess } from './server-process.ts'
import type { ServerProcess, StartOptions } from './server-process.ts'

/** Compiled, as in a release. */
const CHILD = fileURLToPath(new URL('../dist/bench/serve-child.js', import.meta.url))

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
  /** How many milliseconds it took. */
  deploy(app: NewApp): Promise<number>
  remove(app: string): Promise<undefined>
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
  const hosts = toHosts(apps)
  const config = {
    apps: hosts.map((hostname, i) => ({ name: `app-${i}`, hostname, path: component, ...settings })),
  }
  const file = join(directory, `nano-${apps}.json`)
  await writeFile(file, JSON.stringify(config))
  return await startChild({ file, shards, hosts })
}

export interface FleetOptions {
  readonly fleet: Fleet
  readonly shards: number
  /** Where the configuration is written. */
  readonly directory: string
  /** Of the server, as nano.json spells them. */
  readonly settings?: object
}

/** Serves apps that were deployed before. */
export async function startFleet({ fleet, shards, directory, settings }: FleetOptions): Promise<NanoProcess> {
  const { cache, data, hosts } = fleet
  const file = join(directory, `fleet-${hosts.length}.json`)
  await writeFile(file, JSON.stringify({ apps: [], data_dir: data, ...settings }))
  return await startChild({ file, shards, hosts, env: { NANO_CACHE_DIR: cache }, probe: NOBODY })
}

/** So that no app is live when the server is there. */
const NOBODY = { hostname: 'nobody.localhost', status: 404 }

interface ChildOptions extends Pick<StartOptions, 'hosts' | 'env' | 'probe'> {
  readonly file: string
  readonly shards: number
}

async function startChild({ file, shards, ...options }: ChildOptions): Promise<NanoProcess> {
  const port = await findPort()
  const args = [file, String(port), String(shards)]
  const server = await startProcess({ ...options, command: CHILD, args, port, channel: true })
  const ask = <Type extends keyof ChildQuestions>(
    type: Type,
    given: ChildQuestions[Type]['ask'],
  ): Promise<ChildQuestions[Type]['answer']> => askChild(server, { type, given })
  return {
    ...server,
    counters: () => ask('counters', undefined),
    deploy: (app) => ask('deploy', app),
    remove: (app) => ask('remove', app),
  }
}

/** Its answers come in order. */
function askChild<Answer>({ child }: ServerProcess, question: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('NANO ended'))
    child.once('exit', gone)
    child.once('message', (message) => {
      child.off('exit', gone)
      const { answer, failure } = message as { answer: Answer; failure?: string }
      if (failure === undefined) resolve(answer)
      else reject(new Error(failure))
    })
    child.send(question)
  })
}
