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
import { OpenCalls } from './open-calls.ts'

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
  readonly #connections: OpenCalls<Connection>
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #services: ConnectionsServices
  readonly #denied: DeniedLines
  /** Those that were asked for in this turn. */
  #new: Connection[] = []

  constructor(mailbox: Mailbox, meter: Meter, services: ConnectionsServices) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#services = services
    this.#connections = new OpenCalls(meter)
    this.#denied = new DeniedLines((text) => services.onDenied(text))
  }

  /** The functions that the guest calls. */
  readonly imports = {
    open: (id: number, terms: Uint8Array): void => {
      if (!this.#connections.admit(id)) return
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
      this.#connections.add(id, connection)
      this.#new.push(connection)
    },
    secure: (id: number, terms: Uint8Array): void => this.#find(id)?.secure(terms),
    write: (id: number, bytes: Uint8Array): boolean => this.#find(id)?.write(bytes) ?? true,
    finish: (id: number): void => this.#find(id)?.finish(),
    pull: (id: number): void => this.#find(id)?.pull(),
    close: (id: number): void => this.#find(id)?.close(),
    abort: (id: number): void => this.#find(id)?.abort(),
  } satisfies typeof Wit

  flush(): void {
    const opened = this.#new
    if (opened.length > 0) this.#new = []
    for (const connection of opened) connection.start(this.#services.dialer)
    this.#connections.act()
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
    return this.#connections.isPending
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]()
    this.#new = []
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
    const connection = this.#connections.find(id)
    connection?.use(this.#services.accounts.source)
    return connection
  }
}

export const bind = (context: BindingContext): ConnectionsBinding =>
  new ConnectionsBinding(context.mailbox, context.meter, context)
