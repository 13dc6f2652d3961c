/**
 * What the host and a process with a component from elsewhere say to each other, over one pipe each way: frames.
 *
 *     length of the rest (u32)   kind (u8)   id (u32)   payload
 *
 * The id is that of a request, or of a fetch of it. Whoever sends bytes of a body waits for room: so much may be on the way.
 */

import type { GuestDirectory, GuestSocket } from '../config/foreign-settings.ts'

/** What the host says. */
export const TO_GUEST = {
  /** JSON, `GuestSettings`. The first one. */
  start: 1,
  /** JSON, `RequestFrame`. One at a time. */
  request: 2,
  body: 3,
  bodyEnd: 4,
  bodyFailed: 5,
  /** Bytes of the response were taken: how many (u32). */
  room: 6,
  /** Nobody waits for the response any more. */
  gone: 7,
  /** JSON, `AnswerFrame`: the head of an answer to a fetch. */
  answer: 8,
  answerBody: 9,
  answerEnd: 10,
  /** JSON: an error-code of wasi:http. */
  answerFailed: 11,
  fetchRoom: 12,
  /** The time of the alarm has come. */
  tick: 13,
} as const

/** What the process says. */
export const FROM_GUEST = {
  /** The component is instantiated. */
  ready: 20,
  /** A line: id 0 of stdout, 1 of stderr. */
  log: 21,
  /** JSON, `ResponseFrame`. */
  head: 22,
  chunk: 23,
  end: 24,
  /** The response does not come to its end. JSON: why. */
  fail: 25,
  /** The component is done with the request. */
  done: 26,
  /** The next chunk of the request's body is wanted. */
  pull: 27,
  /** JSON, `FetchFrame`. */
  fetch: 28,
  fetchBody: 29,
  fetchEnd: 30,
  fetchAbort: 31,
  /** The next chunk of the answer's body is wanted. */
  fetchPull: 32,
  /** In so many milliseconds (f64) a tick is wanted, in place of the one before. */
  alarm: 33,
  /** JSON, `GuestSocket`: a connection, which goes on as a fetch does. Its failure is an error-code of wasi:sockets. */
  connect: 34,
} as const

/** Name and value; a value's bytes, one a character. */
export type HeaderPair = readonly [name: string, value: string]

/** What a process is started with. */
export interface GuestSettings {
  /** The folder with the component's generated code. */
  readonly code: string
  /** All that it finds in its environment. */
  readonly env: readonly (readonly [name: string, value: string])[]
  /** What it sees of the file system: its own path of each directory, and the host's. */
  readonly directories: readonly GuestDirectory[]
  /** Where it may connect to. */
  readonly sockets: readonly GuestSocket[]
}

export interface RequestFrame {
  readonly method: string
  readonly scheme: 'http' | 'https'
  readonly authority: string
  readonly path: string
  readonly headers: readonly HeaderPair[]
}

export interface ResponseFrame {
  readonly status: number
  readonly headers: readonly HeaderPair[]
}

export interface FetchFrame {
  readonly method: string
  readonly url: string
  readonly headers: readonly HeaderPair[]
}

export type AnswerFrame = ResponseFrame

/** Bytes of one body that may be on the way. */
export const WINDOW_BYTES = 256 * 1024
/** The longest frame. */
export const MOST_FRAME_BYTES = 4 * 1024 * 1024
const LENGTH_BYTES = 4
const HEAD_BYTES = 5

export interface Frame {
  readonly kind: number
  readonly id: number
  readonly payload: Buffer
}

export function encodeFrame(kind: number, id: number, payload: Uint8Array | string = ''): Buffer {
  const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + HEAD_BYTES + size)
  frame.writeUInt32LE(HEAD_BYTES + size)
  frame[4] = kind
  frame.writeUInt32LE(id, 5)
  if (typeof payload === 'string') frame.write(payload, LENGTH_BYTES + HEAD_BYTES)
  else frame.set(payload, LENGTH_BYTES + HEAD_BYTES)
  return frame
}

/** Undefined: it is none. */
export function parseSocket(payload: Buffer): GuestSocket | undefined {
  try {
    const { host, port } = JSON.parse(payload.toString()) as Partial<GuestSocket>
    return typeof host === 'string' && typeof port === 'number' ? { host, port } : undefined
  } catch {
    return undefined
  }
}

export function toU32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Frames out of bytes as they come. Throws for one that is too long or too short to be one. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** Whole frames, in order; what follows is kept. */
  take(bytes: Buffer): Frame[] {
    const frames: Frame[] = []
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    for (;;) {
      if (this.#rest.length < LENGTH_BYTES) return frames
      const size = this.#rest.readUInt32LE()
      if (size < HEAD_BYTES || size > MOST_FRAME_BYTES) throw new Error(`a frame of ${size} bytes`)
      const end = LENGTH_BYTES + size
      if (this.#rest.length < end) return frames
      const frame = this.#rest.subarray(0, end)
      this.#rest = this.#rest.subarray(end)
      frames.push({
        kind: frame[4]!,
        id: frame.readUInt32LE(5),
        payload: frame.subarray(LENGTH_BYTES + HEAD_BYTES),
      })
    }
  }
}
