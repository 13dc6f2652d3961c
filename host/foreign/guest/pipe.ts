/** The pipe to the host, as the process has it: everything waits here, and nothing happens while nobody waits. */

import { readSync, writeSync } from 'node:fs'

import { encodeFrame, type Frame, FROM_GUEST, FrameReader, TO_GUEST } from '../frame.ts'

const PIPE = 3
const CHUNK_BYTES = 64 * 1024

type Listener = (frame: Frame) => void

const reader = new FrameReader()
const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
const listeners = new Map<string, Listener>()
let listener: Listener = () => {}
let alarmAt = Infinity
/** Read, and not heard. */
const pending: Frame[] = []

export function say(kind: number, id: number, payload?: Uint8Array | string): void {
  const frame = encodeFrame(kind, id, payload)
  for (let at = 0; at < frame.length;) at += writeSync(PIPE, frame, at)
}

/** Hears of what comes for nobody else. */
export function listen(hear: Listener): void {
  listener = hear
}

/** Hears of frames of this kind and id; undefined: nobody does any more. */
export function hear(kind: number, id: number, hears: Listener | undefined): void {
  const key = `${kind} ${id}`
  if (hears === undefined) listeners.delete(key)
  else listeners.set(key, hears)
}

/** Blocks until the host has said the next thing, or until the moment (milliseconds of `performance.now()`) has come. */
export function wait(until = Infinity): void {
  if (until < alarmAt) {
    alarmAt = until
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeDoubleLE(Math.max(0, until - performance.now()))
    say(FROM_GUEST.alarm, 0, bytes)
  }
  while (pending.length === 0) read()
  // one at a time: what follows may be for somebody who is made by it
  const frame = pending.shift()!
  // whoever still waits for a time asks again: the two clocks are not one
  if (frame.kind === TO_GUEST.tick) alarmAt = Infinity
  const own = listeners.get(`${frame.kind} ${frame.id}`) ?? listener
  own(frame)
}

function read(): void {
  const size = readSync(PIPE, chunk, 0, CHUNK_BYTES, null)
  // whoever started this process is gone
  if (size === 0) process.exit()
  pending.push(...reader.take(Buffer.from(chunk.subarray(0, size))))
}
