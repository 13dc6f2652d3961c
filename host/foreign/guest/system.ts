/**
 * What a component finds of a system: clocks, random numbers, its environment, two streams that are the app's log. Files and
 * sockets are there by name only: none is seen, and whoever asks for one is refused.
 */

import { getRandomValues } from 'node:crypto'
import { performance } from 'node:perf_hooks'

import { FROM_GUEST, type GuestSettings } from '../frame.ts'
import { say } from './pipe.ts'
import { Pollable } from './poll.ts'
import { closed, InputStream, OutputStream, type Sink } from './streams.ts'

const NANOSECONDS = 1_000_000n
const SECOND = 1_000_000_000n
const MOST_RANDOM = 16 * 1024 * 1024
/** A line that does not end is one all the same. */
const MOST_LINE = 16 * 1024
const LINE_END = 0x0a

export const monotonicClock = {
  now: (): bigint => process.hrtime.bigint(),
  resolution: (): bigint => 1_000n,
  subscribeInstant: (when: bigint): Pollable => after(when - process.hrtime.bigint()),
  subscribeDuration: (length: bigint): Pollable => after(length),
}

function after(length: bigint): Pollable {
  const due = performance.now() + Number(length > 0n ? length : 0n) / Number(NANOSECONDS)
  return new Pollable(() => performance.now() >= due, due)
}

export const wallClock = {
  now(): { seconds: bigint; nanoseconds: number } {
    const now = BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n
    return { seconds: now / SECOND, nanoseconds: Number(now % SECOND) }
  },
  resolution: () => ({ seconds: 0n, nanoseconds: 1000 }),
}

function getBytes(length: bigint): Uint8Array {
  if (length > BigInt(MOST_RANDOM))
    throw new Error(`expected at most ${MOST_RANDOM} random bytes, got ${length}`)
  const bytes = new Uint8Array(Number(length))
  for (let at = 0; at < bytes.length; at += 65_536) getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

const getNumber = (): bigint => getRandomValues(new BigUint64Array(1))[0]!

export const random = { getRandomBytes: getBytes, getRandomU64: getNumber }
export const insecure = { getInsecureRandomBytes: getBytes, getInsecureRandomU64: getNumber }
export const insecureSeed = { insecureSeed: (): [bigint, bigint] => [getNumber(), getNumber()] }

export const toEnvironment = ({ env }: GuestSettings) => ({
  getEnvironment: () => env,
  getArguments: () => [],
  initialCwd: () => undefined,
})

/** The component ends itself, and with it the process. */
export class GuestExit extends Error {}

export const exit = {
  exit(): never {
    throw new GuestExit('the component ended itself')
  },
  exitWithCode(): never {
    throw new GuestExit('the component ended itself')
  },
}

/** A stream whose lines are the app's log. */
class LineSink implements Sink {
  readonly #id: number
  #line = Buffer.alloc(0)

  constructor(id: number) {
    this.#id = id
  }

  room(): number {
    return MOST_LINE
  }

  write(bytes: Uint8Array): void {
    let rest = Buffer.concat([this.#line, bytes])
    for (;;) {
      const end = rest.indexOf(LINE_END)
      if (end < 0 && rest.length < MOST_LINE) break
      const length = end < 0 || end > MOST_LINE ? MOST_LINE : end
      say(FROM_GUEST.log, this.#id, rest.subarray(0, length))
      rest = rest.subarray(length === end ? end + 1 : length)
    }
    this.#line = rest
  }

  /** What was begun is a line. */
  flush(): void {
    if (this.#line.length > 0) say(FROM_GUEST.log, this.#id, this.#line)
    this.#line = Buffer.alloc(0)
  }
}

const [out, error] = [new LineSink(0), new LineSink(1)]

export function flushLines(): void {
  out.flush()
  error.flush()
}

const nothing = {
  isReady: () => true,
  take(): never {
    // oxlint-disable-next-line typescript/only-throw-error -- a case of the interface's own error
    throw closed()
  },
}

export const stdin = { getStdin: () => new InputStream(nothing) }
export const stdout = { getStdout: () => new OutputStream(out) }
export const stderr = { getStderr: () => new OutputStream(error) }

/* oxlint-disable typescript/no-extraneous-class -- the generated code looks for them by name, and nobody has one */
class TerminalInput {}
class TerminalOutput {}
/* oxlint-enable typescript/no-extraneous-class */

export const terminalInput = { TerminalInput }
export const terminalOutput = { TerminalOutput }
export const terminalStdin = { getTerminalStdin: () => undefined }
export const terminalStdout = { getTerminalStdout: () => undefined }
export const terminalStderr = { getTerminalStderr: () => undefined }
