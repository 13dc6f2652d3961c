/** What a message of `node:http` shows of its connection, which is the host's: no bytes go through it. */

import { EventEmitter } from '../events.ts'

interface Ends {
  readonly remoteAddress?: string | undefined
  readonly encrypted?: boolean
}

export class MessageSocket extends EventEmitter {
  readonly encrypted: boolean
  readonly remoteAddress: string | undefined
  readonly remoteFamily: string
  readonly remotePort = 0
  readonly localAddress = '127.0.0.1'
  readonly localPort = 0
  readonly readable = true
  readonly writable = true
  readonly connecting = false
  destroyed = false
  timeout = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ remoteAddress, encrypted = false }: Ends = {}) {
    super()
    this.remoteAddress = remoteAddress
    this.remoteFamily = remoteAddress?.includes(':') === true ? 'IPv6' : 'IPv4'
    this.encrypted = encrypted
  }

  /** The event `timeout` after so long, once; nothing is cut. */
  setTimeout(ms: number, callback?: () => void): this {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.timeout = ms
    if (callback !== undefined) this.once('timeout', callback)
    this.#timer = ms > 0 ? setTimeout(() => this.emit('timeout'), ms) : undefined
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  address(): { readonly address: string; readonly family: string; readonly port: number } {
    return { address: this.localAddress, family: 'IPv4', port: this.localPort }
  }

  /** Its message is over. */
  destroy(error?: Error): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.setTimeout(0)
    if (error !== undefined) this.emit('error', error)
    this.emit('close', error !== undefined)
    return this
  }
}
