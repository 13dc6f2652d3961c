/**
 * A line is what a WebSocket is to the host: two sides that give each other messages. A side is an app's (bindings/), a
 * connection's (connection-side.ts), or the way to another shard (home/), and no side knows which of them the other is.
 *
 *     apart  --couple-->  open  --one says closed-->  closing  --the other one does-->  over
 *
 * - apart: a side keeps what its owner says, in order.
 * - open: messages, and for each of them sooner or later `taken`, which is how a side that does not read holds up the other.
 * - closing: the one that said it sends nothing more, but hears what still comes. The other one says it in return.
 * - over: nothing more is said. One that breaks says it at once and hears nothing more.
 */

export interface Message {
  readonly isText: boolean
  /** Of a text in UTF-8, and known to be that. */
  readonly bytes: Uint8Array
}

/** How a line ends. */
export interface LineEnd {
  /** 1005: none was given; 1006: it did not come to its end. */
  readonly code: number
  /** With 1006: what went wrong, which no other side is shown; may be empty. */
  readonly reason: string
}

/** One side, as the other one knows it. */
export interface Side {
  /** The line is open from here on. Called once. */
  attach(other: Side): void
  message(message: Message): void
  /** So many bytes of what it gave to the other side are out of the way (`toCost`). */
  taken(bytes: number): void
  /** The other side sends nothing more. Called once. */
  closed(end: LineEnd): void
}

export const NO_CODE = 1005
export const BROKEN: LineEnd = { code: 1006, reason: '' }
export const GOING_AWAY: LineEnd = { code: 1001, reason: '' }
export const FAULT: LineEnd = { code: 1011, reason: '' }

/** Nobody: what a side has before it is coupled, and afterwards. */
export const NO_SIDE: Side = { attach() {}, message() {}, taken() {}, closed() {} }

/** Where both are the line is open. */
export function couple(one: Side, other: Side): void {
  one.attach(other)
  other.attach(one)
}

/** What each message costs beside its bytes while it waits. */
const MESSAGE_COST = 256

export function toCost({ bytes }: Message): number {
  return bytes.byteLength + MESSAGE_COST
}

/** What a side may have on the way to the other before it has to wait. */
export const WINDOW = 64 * 1024
