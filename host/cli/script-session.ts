/**
 * Where scripts run: a server with one guest, which evaluates what it is sent, under the limits, the `env` and the egress
 * rules of an app. What it logs goes to stdout, warnings and errors to stderr.
 *
 * It listens on loopback under a host name that nobody can guess: what is sent to it is run.
 */

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as startHttp } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openSourceMap } from '../component/source-map.ts'
import type { AppConfig } from '../config/config.ts'
import { LIMIT_RULES } from '../config/limits.ts'
import { NanoError } from '../errors.ts'
import type { LogEntry } from '../log/entry.ts'
import { escape } from '../log/line.ts'
import { openAppConfig } from './app-config.ts'
import type { AppConfigOptions } from './app-config.ts'
import type { Server, StartServer } from './serve-contract.ts'

/** What came of a script. `error`: with the stack in its own sources. */
export type ScriptOutcome = { readonly value: string } | { readonly error: string }

export interface SessionOptions extends AppConfigOptions {
  /** The one that evaluates scripts. */
  readonly component: Uint8Array
  /** Of the script, or the folder that it would lie in. */
  readonly path: string
  /** Of its stacks, as JSON. */
  readonly map?: string | undefined
}

interface Parts {
  readonly server: Server
  readonly hostname: string
  readonly directory: string
  readonly map: string | undefined
  readonly ending: { isEnding: boolean }
}

/** What was declared stays as long as anything can. */
const IDLE_MS = LIMIT_RULES.recycleIdleMs.range[1]

/** Of what has no files: frames of NANO's own go all the same. */
const NO_SOURCES = JSON.stringify({ version: 3, sources: [], names: [], mappings: '' })

const WASM = 'script.wasm'

export class ScriptSession implements AsyncDisposable {
  readonly #parts: Parts

  static async open(
    startServer: StartServer,
    { component, path, map, ...options }: SessionOptions,
  ): Promise<ScriptSession> {
    const config = await openAppConfig(path, options)
    const directory = await mkdtemp(join(tmpdir(), 'nano-script-'))
    try {
      const file = join(directory, WASM)
      await writeFile(file, component)
      if (map !== undefined) await writeFile(`${file}.map`, map)
      const hostname = `${randomBytes(16).toString('hex')}.localhost`
      const ending = { isEnding: false }
      const server = await startServer({
        config: { ...config, port: 0, apps: [toApp(config.apps[0]!, hostname, file)] },
        everyHost: false,
        log: (entry) => write(entry, ending),
        onProgress() {},
      })
      return new ScriptSession({ server, hostname, directory, map, ending })
    } catch (error) {
      await rm(directory, { recursive: true })
      throw error
    }
  }

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Evaluates code that `build/script.ts` made. */
  async evaluate(code: string): Promise<ScriptOutcome> {
    const { value, error } = JSON.parse(await this.#send(code)) as {
      value?: string
      error?: string | { readonly code: string; readonly message: string }
    }
    if (value !== undefined) return { value: escape(value) }
    if (typeof error === 'string')
      return { error: escape(openSourceMap(this.#parts.map ?? NO_SOURCES).symbolicate(error)) }
    // the server's own word; the log had the rest
    return { error: `${error?.code}: ${error?.message}` }
  }

  /** Work of `ctx.waitUntil` comes to its end first. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { server, directory, ending } = this.#parts
    ending.isEnding = true
    await server.close()
    await rm(directory, { recursive: true })
  }

  #send(code: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const onError = (cause: Error): void =>
        reject(new NanoError('INTERNAL', `the script's server did not answer: ${cause.message}`, { cause }))
      const headers = { host: this.#parts.hostname }
      const request = startHttp(
        { host: '127.0.0.1', port: this.#parts.server.port, method: 'POST', headers, agent: false },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', onError)
          response.on('end', () => resolve(Buffer.concat(parts).toString()))
        },
      )
      request.on('error', onError)
      request.end(code)
    })
  }
}

function toApp(app: AppConfig, hostname: string, path: string): AppConfig {
  return { ...app, hostname, path, limits: { ...app.limits, recycleIdleMs: IDLE_MS } }
}

/** What the guest says, and what the server says of it; of itself, and of how the guest ends, it says nothing. */
function write({ level, app, text }: LogEntry, { isEnding }: { readonly isEnding: boolean }): void {
  if (app === undefined ? level !== 'error' : isEnding && level === 'debug') return
  const out = level === 'info' || level === 'debug' ? process.stdout : process.stderr
  out.write(`${escape(text)}\n`)
}
