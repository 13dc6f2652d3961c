/** Hyperdrive as an app sees it: where its database is, for a driver. The driver's connections are those of any TCP. */

import { hasOwn, NativeURL } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface } from '../globals/web-idl.ts'

export interface HyperdriveSettings {
  /** Members of `env` of which the first that is there has the connection string. */
  readonly members: readonly string[]
  /** Where none is there. */
  readonly connectionString?: string
}

const PORTS: Readonly<Record<string, number>> = { 'postgres:': 5432, 'postgresql:': 5432, 'mysql:': 3306 }

export class Hyperdrive {
  readonly #name: string
  readonly #settings: HyperdriveSettings
  readonly #env: Readonly<Record<string, unknown>>

  /** `name`: the binding's. `env`: has its members by the time the first of these is read. */
  constructor(name: string, settings: HyperdriveSettings, env: Readonly<Record<string, unknown>>) {
    this.#name = name
    this.#settings = settings
    this.#env = env
  }

  get connectionString(): string {
    const { members, connectionString } = this.#settings
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as string
      const value = hasOwn(this.#env, member) ? this.#env[member] : undefined
      if (typeof value === 'string' && value !== '') return value
    }
    if (connectionString !== undefined) return connectionString
    throw new TypeError(
      `env.${this.#name}: expected a connection string, got none; say "connection_string" or "secret" in hyperdrive: docs/tenants/hyperdrive.md`,
    )
  }

  get host(): string {
    const { hostname } = this.#url
    return hostname[0] === '[' ? hostname.slice(1, -1) : hostname
  }

  get port(): number {
    const { port, protocol } = this.#url
    return port === '' ? (PORTS[protocol] ?? 0) : Number(port)
  }

  get user(): string {
    return decodeURIComponent(this.#url.username)
  }

  get password(): string {
    return decodeURIComponent(this.#url.password)
  }

  get database(): string {
    return decodeURIComponent(this.#url.pathname.slice(1))
  }

  get #url(): URL {
    const text = this.connectionString
    try {
      return new NativeURL(text)
    } catch {
      // without a word of it: there is a password in it
      throw new TypeError(`env.${this.#name}: expected a connection string that is a URL`)
    }
  }
}

refuse([Hyperdrive])
finishInterface(Hyperdrive, 'Hyperdrive')
