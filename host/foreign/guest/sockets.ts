/**
 * wasi:sockets over the pipe: TCP connections to what is named, and no listener. A name has an address of its own here, out
 * of a range that leads nowhere (240.0.0.0/4), so that the host looks it up when it dials, and the component learns nothing of it.
 *
 *     unbound --start-connect--> connecting --finish-connect--> connected          any --drop--> over
 *                                     '----------------it failed--> closed
 */

import { isIPv4, isIPv6 } from 'node:net'

import type { GuestSocket } from '../../config/foreign-settings.ts'
import { FROM_GUEST, TO_GUEST } from '../frame.ts'
import * as absent from './absent.ts'
import { PipeSink, PipeSource } from './bodies.ts'
import { ANSWER_BODY, FETCH_BODY, nextFetch } from './http.ts'
import { hear, say } from './pipe.ts'
import { Pollable } from './poll.ts'
import { InputStream, OutputStream } from './streams.ts'

/* oxlint-disable typescript/only-throw-error -- what is thrown are cases of the interface's own error-codes */

type Family = 'ipv4' | 'ipv6'
/** Four bytes, or eight numbers of two. */
type Address = readonly number[]

interface SocketAddress {
  readonly tag: Family
  readonly val: {
    readonly port: number
    readonly address: Address
    readonly flowInfo?: number
    readonly scopeId?: number
  }
}

/** Of the range that leads nowhere. */
const [FIRST, BASE] = [240, 256] as const
const NOWHERE: Readonly<Record<Family, SocketAddress>> = {
  ipv4: { tag: 'ipv4', val: { port: 0, address: [0, 0, 0, 0] } },
  ipv6: {
    tag: 'ipv6',
    val: { port: 0, address: [0, 0, 0, 0, 0, 0, 0, 0], flowInfo: 0, scopeId: 0 },
  },
}
const KEEP_ALIVE_NS = 7_200_000_000_000n
const BUFFER_BYTES = 65_536n

/** `sockets`: where connections may lead to. */
export function openSockets(sockets: readonly GuestSocket[]): absent.SocketInterfaces {
  const names = [...new Set(sockets.map(({ host }) => host))]

  const toHost = ({ tag, val: { address } }: SocketAddress): string => {
    if (tag === 'ipv6')
      return URL.parse(`http://[${address.map((part) => part.toString(16)).join(':')}]`)!.hostname.slice(
        1,
        -1,
      )
    const [first, second, third, fourth] = address as [number, number, number, number]
    if (first !== FIRST) return address.join('.')
    return names[(second * BASE + third) * BASE + fourth] ?? ''
  }

  const toAddresses = (name: string): { tag: Family; val: Address }[] => {
    if (isIPv4(name)) return [{ tag: 'ipv4', val: name.split('.').map(Number) }]
    if (isIPv6(name)) return [{ tag: 'ipv6', val: toGroups(name) }]
    const at = names.indexOf(name.toLowerCase().replace(/\.$/, ''))
    if (at < 0) throw 'access-denied'
    return [
      { tag: 'ipv4', val: [FIRST, Math.floor(at / BASE ** 2), Math.floor(at / BASE) % BASE, at % BASE] },
    ]
  }

  class TcpSocket {
    readonly #family: Family
    #state: 'unbound' | 'connecting' | 'connected' | 'closed' = 'unbound'
    #id = 0
    #remote: SocketAddress | undefined
    #source: PipeSource | undefined
    readonly #sink = new PipeSink(FETCH_BODY)
    #error: string | undefined

    constructor(family: Family) {
      this.#family = family
    }

    startConnect(_network: unknown, remote: SocketAddress): void {
      if (this.#state !== 'unbound') throw 'invalid-state'
      const { port } = remote.val
      if (remote.tag !== this.#family || port === 0) throw 'invalid-argument'
      const host = toHost(remote)
      if (!sockets.some((each) => each.host === host && each.port === port)) throw 'access-denied'
      const id = (this.#id = nextFetch())
      hear(TO_GUEST.answer, id, () => (this.#source = new PipeSource(id, ANSWER_BODY)))
      hear(TO_GUEST.answerFailed, id, ({ payload }) => (this.#error = String(JSON.parse(payload.toString()))))
      this.#remote = remote
      this.#state = 'connecting'
      say(FROM_GUEST.connect, id, JSON.stringify({ host, port }))
    }

    finishConnect(): [InputStream, OutputStream] {
      if (this.#state !== 'connecting') throw 'not-in-progress'
      if (this.#source === undefined && this.#error === undefined) throw 'would-block'
      hear(TO_GUEST.answer, this.#id, undefined)
      if (this.#source === undefined) {
        hear(TO_GUEST.answerFailed, this.#id, undefined)
        this.#state = 'closed'
        throw this.#error
      }
      this.#state = 'connected'
      this.#sink.begin(this.#id)
      return [new InputStream(this.#source), new OutputStream(this.#sink)]
    }

    startBind(): never {
      throw 'access-denied'
    }

    finishBind(): never {
      throw 'not-in-progress'
    }

    startListen(): never {
      throw 'access-denied'
    }

    finishListen(): never {
      throw 'not-in-progress'
    }

    accept(): never {
      throw 'invalid-state'
    }

    localAddress(): SocketAddress {
      if (this.#state !== 'connected') throw 'invalid-state'
      return NOWHERE[this.#family]
    }

    remoteAddress(): SocketAddress {
      if (this.#state !== 'connected') throw 'invalid-state'
      return this.#remote!
    }

    isListening(): boolean {
      return false
    }

    addressFamily(): Family {
      return this.#family
    }

    /** The other way is closed with the socket. */
    shutdown(way: 'receive' | 'send' | 'both'): void {
      if (this.#state !== 'connected') throw 'invalid-state'
      if (way !== 'receive' && !this.#sink.isWhole) this.#sink.finish()
    }

    subscribe(): Pollable {
      return new Pollable(
        () => this.#state !== 'connecting' || this.#source !== undefined || this.#error !== undefined,
      )
    }

    // what is the host's to say: it is taken, and changes nothing

    setListenBacklogSize(): void {}
    keepAliveEnabled(): boolean {
      return false
    }
    setKeepAliveEnabled(): void {}
    keepAliveIdleTime(): bigint {
      return KEEP_ALIVE_NS
    }
    setKeepAliveIdleTime(): void {}
    keepAliveInterval(): bigint {
      return KEEP_ALIVE_NS
    }
    setKeepAliveInterval(): void {}
    keepAliveCount(): number {
      return 1
    }
    setKeepAliveCount(): void {}
    hopLimit(): number {
      return 64
    }
    setHopLimit(): void {}
    receiveBufferSize(): bigint {
      return BUFFER_BYTES
    }
    setReceiveBufferSize(): void {}
    sendBufferSize(): bigint {
      return BUFFER_BYTES
    }
    setSendBufferSize(): void {}

    [Symbol.dispose](): void {
      if (this.#state === 'connecting' || this.#state === 'connected') {
        for (const kind of [TO_GUEST.answer, TO_GUEST.answerFailed]) hear(kind, this.#id, undefined)
        this.#sink.stop()
        say(FROM_GUEST.fetchAbort, this.#id)
      }
      this.#state = 'closed'
    }
  }

  class ResolveAddressStream {
    readonly #addresses: { tag: Family; val: Address }[]

    constructor(name: string) {
      this.#addresses = toAddresses(name)
    }

    resolveNextAddress(): { tag: Family; val: Address } | undefined {
      return this.#addresses.shift()
    }

    subscribe(): Pollable {
      return new Pollable(() => true)
    }
  }

  return {
    ...absent.sockets,
    ipNameLookup: {
      ResolveAddressStream,
      resolveAddresses: (_network: unknown, name: string) => new ResolveAddressStream(name),
    },
    tcp: { TcpSocket },
    tcpCreateSocket: { createTcpSocket: (family: Family) => new TcpSocket(family) },
  }
}

/** Of an address that is one. */
function toGroups(address: string): number[] {
  const [head = '', tail] = URL.parse(`http://[${address}]`)!.hostname.slice(1, -1).split('::')
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - before!.length - after!.length).fill('0')
  return [...before!, ...zeros, ...after!].map((group) => Number.parseInt(group, 16))
}
