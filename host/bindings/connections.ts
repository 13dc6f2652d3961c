/**
 * The app's TCP connections (wit/connections.wit). Each is paid for like a fetch when it is made. It belongs to the instance
 * and ends with it; while the instance rests it stays, and what comes waits, until nothing has moved for too long.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-connections.d.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { Binding, BindingContext, GuestEvent, Mailbox, Meter } from './binding.ts'
import { Connection, type ConnectionServices, type ConnectionStart } from './connection.ts'
import { DeniedLines } from './denied-lines.ts'

/** The most connections of one instance that the host knows of, those included whose end it has not heard of. */
const MAX_KNOWN = 10_000

const TOO_MANY = 'the request has made as many fetches and connections as it may, or too many are open'
const TOO_MUCH = 'for the connection the host would have to hold more than it may'

/** What the connections of an instance need. */
export interface ConnectionsServices {
  readonly dialer: ConnectionServices
  /** Who pays. */
  readonly accounts: Accounts
  /** What waits for the far side. */
  readonly buffers: ByteBudget
  /** The policy refused a connection; the text, if there is one, is for the log. */
  onDenied(text?: string): void
}

/** The connections of an instance. */
export class ConnectionsBinding implements Binding {
  readonly #connections = new Map<number, Connection>()
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #services: ConnectionsServices
  readonly #denied: DeniedLines
  /** Those that were asked for, or asked for something, in this turn. */
  readonly #new = new Set<Connection>()
  readonly #touched = new Set<Connection>()

  constructor(mailbox: Mailbox, meter: Meter, services: ConnectionsServices) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#services = services
    this.#denied = new DeniedLines((text) => services.onDenied(text))
  }

  /** The functions that the guest calls. */
  readonly imports = {
    open: (id: number, terms: Uint8Array): void => {
      this.#meter.crossings++
      if (this.#connections.has(id)) {
        this.#meter.ignored++
        return
      }
      const { accounts } = this.#services
      const account = this.#connections.size < MAX_KNOWN ? accounts.takeFetch() : undefined
      const owner = account?.number ?? accounts.asker
      const connection = account && this.#open({ id, owner, terms, trace: account.trace })
      if (connection === undefined) {
        const message = account === undefined ? TOO_MANY : TOO_MUCH
        const val = { id, code: 'EMFILE', message }
        return this.#mailbox.post({ tag: 'connection-failed', val }, owner)
      }
      this.#meter.tcpConnections++
      this.#connections.set(id, connection)
      this.#new.add(connection)
    },
    secure: (id: number, terms: Uint8Array): void => this.#find(id)?.secure(terms),
    write: (id: number, bytes: Uint8Array): boolean => this.#find(id)?.write(bytes) ?? true,
    finish: (id: number): void => this.#find(id)?.finish(),
    pull: (id: number): void => this.#find(id)?.pull(),
    close: (id: number): void => this.#find(id)?.close(),
    abort: (id: number): void => this.#find(id)?.abort(),
  } satisfies typeof Wit

  flush(): void {
    for (const connection of this.#new) connection.start(this.#services.dialer)
    this.#new.clear()
    for (const connection of this.#touched) connection.act()
    this.#touched.clear()
  }

  /** An event has reached the guest. */
  delivered(event: GuestEvent): void {
    if (event.tag === 'connection-writable') this.#connections.get(event.val)?.delivered(event)
    else if (
      event.tag === 'connection-ready' ||
      event.tag === 'connection-data' ||
      event.tag === 'connection-failed'
    ) {
      this.#connections.get(event.val.id)?.delivered(event)
    }
  }

  isPending(): boolean {
    for (const connection of this.#connections.values()) if (connection.isPending) return true
    return false
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections.values()) connection[Symbol.dispose]()
    this.#connections.clear()
    this.#new.clear()
    this.#touched.clear()
  }

  #open(start: ConnectionStart): Connection | undefined {
    return Connection.open(start, this.#mailbox, this.#services.buffers, {
      onOver: () => this.#connections.delete(start.id),
      onDenied: (denied) => this.#denied.say(denied),
      onTooMany: () => this.#services.accounts.refuseConnection(start.owner),
    })
  }

  /** The connection that the guest asks something of. */
  #find(id: number): Connection | undefined {
    this.#meter.crossings++
    const connection = this.#connections.get(id)
    if (connection?.isOpen === true) {
      connection.use(this.#services.accounts.source)
      this.#touched.add(connection)
      return connection
    }
    this.#meter.ignored++
    return undefined
  }
}

export const bind = (context: BindingContext): ConnectionsBinding =>
  new ConnectionsBinding(context.mailbox, context.meter, context)
