/** A registry of a test's own: Debian's docker-registry, on a free port of loopback. */

import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findPort } from '../../bench/server-process.ts'

/** Undefined: there is one on this machine. */
export const NO_REGISTRY =
  spawnSync('docker-registry', ['--version']).status === 0
    ? undefined
    : 'there is no docker-registry on this machine'

/** Who may do everything at a registry that asks for a password. */
export const USER = { name: 'ci', password: 'secret-of-ci' }
const HTPASSWD = `${USER.name}:$2b$04$LPGP4fr.FhWn/sQa4llCrei0s3P.dJDp7y0cT2GSfT..qUT4S.Lxy\n`

export interface RegistryOptions {
  /** Asks for a name and a password. */
  readonly asks?: boolean
  /** Sends who has no token there. */
  readonly tokens?: {
    readonly realm: string
    readonly service: string
    readonly issuer: string
    readonly cert: string
  }
}

export class TestRegistry implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nano-registry-'))
  readonly #options: RegistryOptions
  #process: ChildProcess | undefined
  port = 0

  private constructor(options: RegistryOptions) {
    this.#options = options
  }

  static async start(options: RegistryOptions = {}): Promise<TestRegistry> {
    const registry = new TestRegistry(options)
    registry.port = await findPort()
    await registry.start()
    return registry
  }

  /** As references name it. */
  get name(): string {
    return `127.0.0.1:${this.port}`
  }

  get url(): string {
    return `http://${this.name}`
  }

  /** With what it had when it ended. */
  async start(): Promise<void> {
    const config = join(this.#folder, 'config.yml')
    writeFileSync(config, this.#toConfig())
    const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process = child
    let said = ''
    await new Promise<void>((resolve, reject) => {
      // read to its end: it dies of a log that nobody takes
      child.stderr.on('data', (part: Buffer) => {
        said += part.toString()
        if (said.includes('listening on')) resolve()
      })
      child.once('exit', () => reject(new Error(`the registry ended: ${said}`)))
    })
  }

  /** At once. */
  async end(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #toConfig(): string {
    const { asks = false, tokens } = this.#options
    const passwords = join(this.#folder, 'htpasswd')
    writeFileSync(passwords, HTPASSWD)
    return JSON.stringify({
      version: 0.1,
      log: { level: 'info' },
      storage: { filesystem: { rootdirectory: join(this.#folder, 'data') }, delete: { enabled: true } },
      http: { addr: this.name, secret: 'a-secret-of-the-tests' },
      ...(asks && { auth: { htpasswd: { realm: 'tests', path: passwords } } }),
      ...(tokens && {
        auth: {
          token: {
            realm: tokens.realm,
            service: tokens.service,
            issuer: tokens.issuer,
            rootcertbundle: tokens.cert,
          },
        },
      }),
    })
  }
}

/** What `docker login` writes. */
export function toDockerConfig(registry: string, { name, password } = USER): string {
  const auth = Buffer.from(`${name}:${password}`).toString('base64')
  return JSON.stringify({ auths: { [registry]: { auth } } })
}
