/**
 * The TCP connections of one tenant. Each is made to an address that the policy has admitted, and to no other: a name is
 * looked up once, and exactly what passed is dialled. So many may be open at once, those that are being made included.
 */
import { connect, isIP, type Socket } from 'node:net'
import { EgressDenied, type Resolve, toCheckedLookup } from './connect.ts'
import type { EgressPolicy } from './policy.ts'
import type { Target } from './rule.ts'

/** What a socket reads ahead; the system hands it no more than 64 KiB at once beside that. */
export const SOCKET = { allowHalfOpen: true, highWaterMark: 16 * 1024 }

export interface TcpOptions {
  readonly policy: EgressPolicy
  readonly resolve: Resolve
  /** How many may be open at once. */
  readonly most: number
}

/** There are as many as there may be. */
export class TooManyConnections extends Error {
  override readonly name = 'TooManyConnections'
  readonly code = 'EMFILE'
}

/** Makes a tenant's connections. */
export class TcpDialer {
  readonly #policy: EgressPolicy
  readonly #resolve: Resolve
  readonly #most: number
  #open = 0

  constructor({ policy, resolve, most }: TcpOptions) {
    this.#policy = policy
    this.#resolve = resolve
    this.#most = most
  }

  /** Those that are open or being made. */
  get open(): number {
    return this.#open
  }

  /**
   * A socket that is being connected; each way of it ends by itself. Throws `EgressDenied` where that is known before the
   * name is looked up; afterwards it is the socket's error.
   */
  dial(target: Target): Socket {
    const { hostname: host, port } = target
    const admits = (to: Target, address: string): boolean => this.#policy.admitsConnection(to, address)
    const isAdmitted = this.#policy.admitsHost(target) && (isIP(host) === 0 || admits(target, host))
    if (!isAdmitted) throw new EgressDenied(target)
    if (this.#open >= this.#most) {
      throw new TooManyConnections(
        `the app has ${this.#most} TCP connections open, which is as many as it may`,
      )
    }
    this.#open++
    const lookup = toCheckedLookup(admits, target, this.#resolve)
    const socket = connect({ ...SOCKET, host, port, lookup, noDelay: true })
    socket.once('close', () => this.#open--)
    return socket
  }
}
