/** A server whose configuration is a file that the test writes again. */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { toLogLine } from '../../host/log/line.ts'
import { parseConfig, readConfig } from '../../host/config/parse.ts'
import { startServer } from '../../host/server.ts'
import type { RunningServer, ServerOptions } from '../../host/server.ts'
import { send } from './http.ts'
import type { Answer } from './http.ts'
import type { AppSpec } from './serve.ts'

export interface ServedFile extends AsyncDisposable {
  readonly folder: string
  readonly file: string
  readonly server: RunningServer
  /** One text per entry, without the time in front. */
  readonly log: readonly string[]
  /** Write nano.json as editors do: another file takes its name. */
  write(apps: readonly AppSpec[] | string, top?: object): void
  send(host: string, path?: string): Promise<Answer>
  /** The deployments of all apps by name. */
  deployments(): Record<string, number | undefined>
}

const TOP = { port: 0, shards: 1, admin: false, defaults: { cpu_ms: 10_000 } }
const TIME = /^\S+ /

export async function serveFile(
  apps: readonly AppSpec[],
  options: Partial<Omit<ServerOptions, 'config' | 'reread'>> & {
    /** Where nano.json is to be read from, when not where it is written; prepares the folder. */
    readonly place?: (folder: string) => string
    /** What the file says besides apps. */
    readonly top?: object
  } = {},
): Promise<ServedFile> {
  const { place, top = {}, ...more } = options
  const folder = mkdtempSync(join(tmpdir(), 'nano-file-'))
  const written = join(folder, 'nano.json')
  const write = (next: readonly AppSpec[] | string, other: object = {}): void => {
    const draft = `${written}.new`
    writeFileSync(
      draft,
      typeof next === 'string' ? next : JSON.stringify({ ...TOP, ...top, ...other, apps: next }),
    )
    renameSync(draft, written)
  }
  write(apps)
  const file = place?.(folder) ?? written
  const log: string[] = []
  const server = await startServer({
    ...more,
    config: readConfig(file),
    reread: async (text) => (text === undefined ? readConfig(file) : parseConfig(text, file)),
    log: (entry) => log.push(toLogLine(entry).replace(TIME, '')),
  })
  return {
    folder,
    file,
    server,
    log,
    write,
    send: (host, path = '/') => send(server.port, { host, path }),
    deployments: () =>
      Object.fromEntries(server.registry.apps.map(({ name, deployment }) => [name, deployment])),
    async [Symbol.asyncDispose]() {
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}
