/**
 * One end of a conversation between two guests: what each has passed to the other by reference, and the calls that are under way.
 * Both ends are the same, but for who may end it: the one that was called, when nothing is left for which it is needed.
 *
 *     open  --nothing is left, the other side has said all-->  over          any  --the other side is gone-->  over: calls fail
 */

import type { Bytes } from '../../globals/buffer-source.ts'
import { NativeError, NativePromise } from '../../globals/primordials.ts'
import { encodeMessage, FrameReader, malformed, type Message, type Packed } from './frame.ts'
import type { Hook } from './hook.ts'
import { pack, packThrown, type References, unpack, unpackThrown, type Unpacked } from './pack.ts'

/** The way to the other side. */
export interface Channel {
  /** `isLast`: nothing comes after it, and nothing is heard any more. */
  send(bytes: Bytes, isLast: boolean): void
  /** Whether something is waited for. */
  expect(isExpected: boolean): void
  /** Nothing is left. */
  end(): void
}

/** What the other side says. */
export interface Listener {
  hear(bytes: Bytes): void
  /** Nothing more comes; `error`: it was to. */
  over(error?: unknown): void
}

/** What one side may pass to the other by reference, and have under way, at a time. */
const MOST = 10_000
/** The number of what the conversation is about. */
export const ROOT = 0

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Something that the other side has passed. */
class Import {
  readonly number: number
  count = 0

  constructor(number: number) {
    this.number = number
  }
}

export class Session implements References, Listener {
  readonly #channel: Channel
  readonly #isCalled: boolean
  readonly #frames = new FrameReader()
  readonly #given = new Map<number, Hook>()
  readonly #taken = new Map<number, Import>()
  readonly #calls = new Map<number, Pending>()
  /** Calls of the other side that are under way. */
  #serving = 0
  #lastNumber = ROOT
  #lastCall = 0
  #failure: { readonly error: unknown } | undefined
  /** What is to be said at the end of this step. */
  #out: Bytes[] = []
  #depth = 0

  /** `root`: what is called, on the side that is. */
  constructor(open: (session: Session) => Channel, root?: Hook) {
    this.#isCalled = root !== undefined
    if (root !== undefined) this.#given.set(ROOT, root)
    this.#channel = open(this)
  }

  // what this side asks

  call(target: number, path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    return new NativePromise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#calls.size >= MOST) throw tooMany('calls')
      this.#step(() => {
        const id = ++this.#lastCall
        const packed = args === undefined ? undefined : pack(args, this, false)
        const bytes = encodeMessage({ op: 'call', id, target, path, args: packed })
        this.#calls.set(id, { resolve, reject })
        this.#out.push(bytes)
      })
    })
  }

  release(target: number): void {
    this.#step(() => {
      this.#taken.delete(target)
      if (this.#failure === undefined) this.#out.push(encodeMessage({ op: 'release', target }))
    })
  }

  // references

  give(hook: Hook): number {
    if (this.#given.size >= MOST) throw tooMany('functions and objects passed by reference')
    const number = ++this.#lastNumber
    this.#given.set(number, hook)
    return number
  }

  take(number: number): Hook {
    if (!Number.isInteger(number) || this.#taken.has(number) || this.#taken.size >= MOST) throw malformed()
    const taken = new Import(number)
    this.#taken.set(number, taken)
    return new RemoteHook(this, taken)
  }

  takeBack(number: number): void {
    this.#given.get(number)?.dispose()
    this.#given.delete(number)
  }

  numberOf(hook: Hook | undefined): number | undefined {
    return hook && RemoteHook.numberOf(hook, this)
  }

  own(number: number): Hook {
    const hook = this.#given.get(number)
    if (hook === undefined || number === ROOT) throw malformed()
    return hook.dup()
  }

  // what the other side says

  hear(bytes: Bytes): void {
    if (this.#failure !== undefined) return
    this.#step(() => {
      try {
        for (const message of this.#frames.read(bytes)) this.#hearOne(message)
      } catch (error) {
        this.#channel.end()
        this.over(error)
      }
    })
  }

  over(
    error: unknown = new NativeError('The RPC session is over: whoever has the other end is gone.'),
  ): void {
    if (this.#failure !== undefined) return
    this.#failure = { error }
    const pending = [...this.#calls.values()]
    const given = [...this.#given.values()]
    this.#calls.clear()
    this.#given.clear()
    this.#taken.clear()
    for (const { reject } of pending) reject(error)
    for (const hook of given) hook.dispose()
  }

  #hearOne(message: Message): void {
    switch (message.op) {
      case 'call':
        return this.#begin(message)
      case 'return':
        return this.#settle(message.id, ({ resolve }) => resolve(withDisposer(unpack(message.result, this))))
      case 'throw':
        return this.#settle(message.id, ({ reject }) => reject(unpackThrown(message.result)))
      case 'release':
        return this.#release(message.target)
    }
  }

  #settle(id: number, how: (call: Pending) => void): void {
    const call = this.#calls.get(id)
    if (call === undefined) throw malformed()
    this.#calls.delete(id)
    try {
      how(call)
    } catch (error) {
      call.reject(error)
      throw error
    }
  }

  #release(target: number): void {
    const hook = this.#given.get(target)
    if (hook === undefined || target === ROOT) throw malformed()
    this.#given.delete(target)
    hook.dispose()
  }

  #begin(message: Message & { op: 'call' }): void {
    const hook = this.#given.get(message.target)
    if (hook === undefined || this.#serving >= MOST) throw malformed()
    this.#serving++
    void this.#serve(hook, message)
  }

  async #serve(hook: Hook, { id, path, args }: Message & { op: 'call' }): Promise<void> {
    let unpacked: Unpacked | undefined
    let answer: Bytes
    try {
      unpacked = args === undefined ? undefined : unpack(args, this)
      const list = unpacked?.value
      if (list !== undefined && !Array.isArray(list)) throw malformed()
      const result = await hook.invoke(path, list)
      answer = this.#encode('return', id, pack(result, this, true))
    } catch (error) {
      answer = this.#encode('throw', id, packThrown(error))
    }
    this.#step(() => {
      this.#serving--
      if (this.#failure === undefined) this.#out.push(answer)
      // whoever wants to keep what was passed has a dup() of it
      unpacked?.dispose()
    })
  }

  #encode(op: 'return' | 'throw', id: number, result: Packed): Bytes {
    try {
      return encodeMessage({ op, id, result })
    } catch (error) {
      return encodeMessage({ op: 'throw', id, result: packThrown(error) })
    }
  }

  /** Whether anything is left for which the other side is needed. */
  get #isIdle(): boolean {
    const given = this.#given.size - (this.#isCalled ? 1 : 0)
    return given + this.#taken.size + this.#calls.size + this.#serving === 0
  }

  /** What is said in it goes out at its end, together. */
  #step(work: () => void): void {
    this.#depth++
    try {
      work()
    } finally {
      if (--this.#depth === 0 && this.#failure === undefined) this.#flush()
    }
  }

  #flush(): void {
    const out = this.#out
    this.#out = []
    const isIdle = this.#isIdle
    if (isIdle && !this.#isCalled) {
      // whoever was called hears that nobody is there any more
      this.#failure = { error: new NativeError('The RPC session is over.') }
      return this.#channel.end()
    }
    if (out.length > 0) this.#channel.send(joined(out), isIdle)
    else if (isIdle) this.#channel.end()
    if (isIdle) return void (this.#failure = { error: new NativeError('The RPC session is over.') })
    const given = this.#given.size - (this.#isCalled ? 1 : 0)
    this.#channel.expect(this.#calls.size + given > 0)
  }
}

/** Something of the other side. */
class RemoteHook implements Hook {
  readonly #session: Session
  readonly #import: Import

  constructor(session: Session, taken: Import) {
    this.#session = session
    this.#import = taken
    taken.count++
  }

  static numberOf(hook: Hook, session: Session): number | undefined {
    return #session in hook && hook.#session === session ? hook.#import.number : undefined
  }

  invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    return this.#session.call(this.#import.number, path, args)
  }

  dup(): Hook {
    return new RemoteHook(this.#session, this.#import)
  }

  dispose(): void {
    if (--this.#import.count === 0) this.#session.release(this.#import.number)
  }
}

/** What comes of a call can be disposed of, with all stubs in it. */
function withDisposer({ value, dispose }: Unpacked): unknown {
  if (typeof value !== 'object' || value === null) return value
  const disposer = { value: dispose, writable: true, enumerable: false, configurable: true }
  return Object.defineProperty(value, Symbol.dispose, disposer)
}

function joined(parts: readonly Bytes[]): Bytes {
  const [first] = parts
  if (parts.length === 1) return first!
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function tooMany(what: string): Error {
  const text = `expected at most ${MOST} ${what} between two apps at a time; dispose of those that are not needed`
  return Object.assign(new NativeError(text), { code: 'CALL_LIMIT' })
}
