/**
 * Very many WebSockets of clients, in a process of their own, so that what they take is not the server's. They count what they hear.
 *
 *     using herd = await openHerd(port, { host, path, count })   ...   herd.heard()
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { frame, OP } from './frames.ts'

export interface HerdPlace {
  readonly host: string
  /** Of each; `#` is its number. */
  readonly path: string
  readonly count: number
}

/** What they have heard up to now. */
export interface Heard {
  readonly open: number
  readonly frames: number
  /** Of some of the messages that one of them wrote: milliseconds until another one heard it, ascending. */
  readonly times: readonly number[]
}

export interface Herd extends Disposable {
  heard(): Promise<Heard>
  /** So many a second, one after the other, each for so long; resolves when all are written. `@` in the text: when it was written. */
  say(text: string, perSecond: number, ms: number): Promise<number>
}

type Order =
  | { readonly do: 'open'; readonly port: number; readonly place: HerdPlace }
  | { readonly do: 'say'; readonly text: string; readonly perSecond: number; readonly ms: number }
  | { readonly do: 'count' }

/** At once, so that none is refused. */
const OPENING = 50
/** Of so many one is asked how long it took. */
const SAMPLED = 20

export async function openHerd(port: number, place: HerdPlace): Promise<Herd> {
  const child = fork(import.meta.filename, { serialization: 'json' })
  const ask = async <T>(order: Order): Promise<T> => {
    const over = new AbortController()
    const { signal } = over
    child.send(order)
    const [answer] = (await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => Promise.reject(new Error('the clients have ended'))),
    ]).finally(() => over.abort())) as [T | { readonly error: string }]
    if (typeof answer === 'object' && answer !== null && 'error' in answer) throw new Error(answer.error)
    return answer
  }
  await ask({ do: 'open', port, place })
  return {
    heard: () => ask({ do: 'count' }),
    say: (text, perSecond, ms) => ask({ do: 'say', text, perSecond, ms }),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

class Member {
  readonly #socket: Socket
  readonly #onText: ((text: string) => void) | undefined
  #rest: Buffer = Buffer.alloc(0)
  #isOpen = false
  frames = 0
  isOver = false
  /** What it heard in place of 101. */
  refusal = ''

  constructor(
    socket: Socket,
    head: string,
    onText: ((text: string) => void) | undefined,
    onOpen: () => void,
  ) {
    this.#socket = socket
    this.#onText = onText
    socket.write(head)
    socket.on('error', () => undefined)
    socket.on('close', () => (this.isOver = true))
    socket.on('data', (bytes) => {
      this.#rest = this.#rest.length === 0 ? (bytes as Buffer) : Buffer.concat([this.#rest, bytes as Buffer])
      if (!this.#isOpen) {
        const end = this.#rest.indexOf('\r\n\r\n')
        if (end < 0) return
        if (!this.#rest.toString('latin1', 0, 12).endsWith('101')) {
          this.refusal = this.#rest.toString()
          socket.destroy()
          return
        }
        this.#isOpen = true
        this.#rest = this.#rest.subarray(end + 4)
        onOpen()
      }
      this.#read()
    })
  }

  say(text: string): void {
    this.#socket.write(frame(OP.text, text))
  }

  #read(): void {
    let at = 0
    const bytes = this.#rest
    for (;;) {
      if (bytes.length < at + 2) break
      const short = bytes[at + 1]!
      const head = short < 126 ? 2 : 4
      if (bytes.length < at + head) break
      const length = short < 126 ? short : bytes.readUInt16BE(at + 2)
      if (bytes.length < at + head + length) break
      const opcode = bytes[at]! & 0x0f
      if (opcode === OP.ping) this.#socket.write(frame(OP.pong))
      else if (opcode === OP.text) {
        this.frames++
        this.#onText?.(bytes.toString('utf8', at + head, at + head + length))
      }
      at += head + length
    }
    this.#rest = bytes.subarray(at)
  }
}

async function obey(order: Order, members: Member[], times: number[]): Promise<unknown> {
  if (order.do === 'count') {
    const open = members.filter(({ isOver }) => !isOver).length
    const frames = members.reduce((sum, member) => sum + member.frames, 0)
    return { open, frames, times: times.toSorted((a, b) => a - b) }
  }
  if (order.do === 'say') {
    const { text, perSecond, ms } = order
    const start = performance.now()
    let said = 0
    while (performance.now() - start < ms) {
      members[said % members.length]!.say(text.replace('@', String(Date.now())))
      said++
      const wait = start + (said * 1000) / perSecond - performance.now()
      // oxlint-disable-next-line no-await-in-loop -- at its pace
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)))
    }
    return said
  }
  const { port, place } = order
  let next = 0
  const openNext = async (): Promise<void> => {
    for (let i = next++; i < place.count; i = next++) {
      const socket = connect(port, '127.0.0.1')
      const head =
        `GET ${place.path.replace('#', String(i))} HTTP/1.1\r\nHost: ${place.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
      const onText =
        i % SAMPLED === 0
          ? (text: string): void => {
              const [, at] = /at=(\d+)/.exec(text) ?? []
              if (at !== undefined) times.push(Date.now() - Number(at))
            }
          : undefined
      // oxlint-disable-next-line no-await-in-loop -- so many at once
      await new Promise<void>((resolve, reject) => {
        const member = new Member(socket, head, onText, resolve)
        socket.once('close', () => reject(new Error(`client ${i} was refused: ${member.refusal}`)))
        members.push(member)
      })
    }
  }
  await Promise.all(Array.from({ length: OPENING }, openNext))
  return members.length
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  const members: Member[] = []
  const times: number[] = []
  process.on('message', (order: Order) => {
    void obey(order, members, times).then(
      (answer) => process.send?.(answer),
      (error: unknown) => process.send?.({ error: String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
}
