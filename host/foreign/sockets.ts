/**
 * The TCP connections of one request of a component from elsewhere: to what its app names, by the dialer of its app, so that
 * the policy that holds for fetches holds for them. They end with the request.
 *
 *     connecting --ready--> open --the component closes it--> closing: what it has written goes out --> over
 *             any --the far side ends it, it fails, the request is over--> over
 *
 * Frames are those of a fetch, whose id they share. Holds: no more waits for the far side than the component was given room for.
 */

import type { Dialer } from '../bindings/dialer.ts'
import type { GuestSocket } from '../config/foreign-settings.ts'
import { EgressDenied } from '../egress/connect.ts'
import { TooManyConnections } from '../egress/tcp.ts'
import { TcpLink } from '../egress/tcp-link.ts'
import { type Frame, FROM_GUEST, parseSocket, toU32, TO_GUEST, WINDOW_BYTES } from './frame.ts'

export interface SocketsServices {
  readonly dialer: Pick<Dialer, 'tcp' | 'idleMs'>
  /** Where they may lead to. */
  readonly sockets: readonly GuestSocket[]
  /** Whether the request may make one more. */
  readonly admit: () => boolean
  readonly say: (kind: number, id: number, payload?: Uint8Array | string) => void
  readonly onDenied: (denied: EgressDenied) => void
}

interface Open {
  link: TcpLink
  /** To be written. */
  readonly chunks: Buffer[]
  /** Of those, and of what is being written. */
  waiting: number
  isReady: boolean
  isWriting: boolean
  isPulled: boolean
  isFinished: boolean
  isClosing: boolean
}

/** Cases of error-code in wasi:sockets. */
const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-reset',
  EHOSTUNREACH: 'remote-unreachable',
  ENETUNREACH: 'remote-unreachable',
  ENOTFOUND: 'name-unresolvable',
  ETIMEDOUT: 'timeout',
}

export class Sockets implements Disposable {
  readonly #services: SocketsServices
  readonly #open = new Map<number, Open>()

  constructor(services: SocketsServices) {
    this.#services = services
  }

  /** Whether the frame is about a connection. */
  take({ kind, id, payload }: Frame): boolean {
    if (kind === FROM_GUEST.connect) {
      this.#connect(id, payload)
      return true
    }
    const open = this.#open.get(id)
    if (open === undefined) return false
    if (kind === FROM_GUEST.fetchBody) this.#write(id, open, payload)
    else if (kind === FROM_GUEST.fetchEnd) open.isFinished = true
    else if (kind === FROM_GUEST.fetchPull) open.isPulled = true
    else if (kind === FROM_GUEST.fetchAbort) open.isClosing = true
    else return false
    this.#move(id, open)
    return true
  }

  /** What was closed goes out; all others end. */
  [Symbol.dispose](): void {
    for (const [id, { isClosing, link }] of this.#open) {
      this.#open.delete(id)
      if (!isClosing) link.destroy()
    }
  }

  #connect(id: number, payload: Buffer): void {
    const { admit, dialer, sockets } = this.#services
    const target = parseSocket(payload)
    const isNamed = sockets.some(({ host, port }) => host === target?.host && port === target.port)
    if (target === undefined || !isNamed || this.#open.has(id)) return this.#fail(id, 'access-denied')
    if (!admit()) return this.#fail(id, 'new-socket-limit')
    try {
      const { host: hostname, port } = target
      const link = new TcpLink(dialer.tcp.dial({ hostname, port }), undefined, dialer.idleMs, {
        onReady: () => this.#ready(id),
        onReadable: () => this.#moveOne(id),
        onEnd: () => this.#say(id, TO_GUEST.answerEnd),
        onClosed: (error) => this.#end(id, error),
      })
      const states = {
        isReady: false,
        isWriting: false,
        isPulled: false,
        isFinished: false,
        isClosing: false,
      }
      this.#open.set(id, { link, chunks: [], waiting: 0, ...states })
    } catch (error) {
      this.#end(id, error as Error, true)
    }
  }

  #ready(id: number): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    open.isReady = true
    this.#services.say(TO_GUEST.answer, id, '{}')
    this.#move(id, open)
  }

  #write(id: number, open: Open, payload: Buffer): void {
    if (open.isFinished || open.isClosing) return
    open.waiting += payload.length
    // it was told how much there is room for
    if (open.waiting > WINDOW_BYTES)
      return open.link.destroy(new Error('more was written than there is room for'))
    open.chunks.push(Buffer.from(payload))
  }

  #moveOne(id: number): void {
    const open = this.#open.get(id)
    if (open !== undefined) this.#move(id, open)
  }

  #move(id: number, open: Open): void {
    if (!open.isReady) {
      if (open.isClosing) open.link.destroy()
      return
    }
    this.#read(id, open)
    if (open.isWriting) return
    const chunk = open.chunks.shift()
    if (chunk !== undefined) {
      open.isWriting = true
      open.link.write(chunk, () => {
        open.isWriting = false
        open.waiting -= chunk.length
        this.#say(id, TO_GUEST.fetchRoom, toU32(chunk.length))
        this.#move(id, open)
      })
    } else if (open.isClosing) open.link.close()
    else if (open.isFinished) open.link.end()
  }

  #read(id: number, open: Open): void {
    const bytes = open.isPulled && !open.isClosing ? open.link.read() : undefined
    if (bytes === undefined) return
    open.isPulled = false
    this.#say(id, TO_GUEST.answerBody, bytes)
  }

  #say(id: number, kind: number, payload?: Uint8Array): void {
    if (this.#open.has(id)) this.#services.say(kind, id, payload)
  }

  #end(id: number, error: Error | undefined, isNew = false): void {
    const wasThere = this.#open.delete(id)
    if (!wasThere && !isNew) return
    if (error instanceof EgressDenied) this.#services.onDenied(error)
    if (error === undefined) this.#services.say(TO_GUEST.answerEnd, id)
    else this.#fail(id, toCode(error))
  }

  #fail(id: number, code: string): void {
    this.#services.say(TO_GUEST.answerFailed, id, JSON.stringify(code))
  }
}

function toCode(error: Error): string {
  if (error instanceof EgressDenied) return 'access-denied'
  if (error instanceof TooManyConnections) return 'new-socket-limit'
  return CODES[(error as NodeJS.ErrnoException).code ?? ''] ?? 'unknown'
}
