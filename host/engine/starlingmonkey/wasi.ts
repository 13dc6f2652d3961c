/**
 * The WASI that an engine sees. It gets random bytes and the turn's clock; everything else is inert: no file, no
 * environment, no socket, streams that hold nothing and take everything. The shape is that of jco's imports.
 *
 * Most of this is never called: the engine reads the clock and writes its log through `core-hooks.ts`. Nothing here
 * blocks, for the guest keeps its timers on the host (wit/timer.wit) and a pollable of its own is ready at once.
 */
import { randomBytes } from 'node:crypto'
import type { EngineClock } from '../guest.ts'

/** More random bytes at a time than `crypto.getRandomValues` gives are not for an app. */
const MAX_RANDOM_BYTES = 65_536n
const NS_PER_SECOND = 1_000_000_000n
/** What a stream that throws everything away takes at a time. */
const STREAM_BYTES = 65_536n

/** jco takes `payload` as the error case of the WIT result. */
class StreamClosed extends Error {
  readonly payload = { tag: 'closed' } as const
}

class Pollable {
  ready(): boolean {
    return true
  }

  block(): void {}
}

class InputStream {
  read(): never {
    throw new StreamClosed()
  }

  blockingRead(): never {
    throw new StreamClosed()
  }

  subscribe(): Pollable {
    return new Pollable()
  }
}

class OutputStream {
  checkWrite(): bigint {
    return STREAM_BYTES
  }

  write(): void {}

  blockingFlush(): void {}

  blockingWriteAndFlush(): void {}

  subscribe(): Pollable {
    return new Pollable()
  }
}

/** A class of resources of which there are none. The glue wants it, to check what imports return. */
function makeEmptyClass(): object {
  // oxlint-disable-next-line no-extraneous-class -- only its identity is used
  return class {}
}

/** The imports whose names begin with `wasi:`, for one instance. */
export function toWasiImports(clock: EngineClock): Record<string, object> {
  return {
    'wasi:cli/stderr': { getStderr: () => new OutputStream() },
    'wasi:cli/stdin': { getStdin: () => new InputStream() },
    'wasi:cli/stdout': { getStdout: () => new OutputStream() },
    'wasi:cli/terminal-input': { TerminalInput: makeEmptyClass() },
    'wasi:cli/terminal-output': { TerminalOutput: makeEmptyClass() },
    'wasi:cli/terminal-stderr': { getTerminalStderr: () => undefined },
    'wasi:cli/terminal-stdin': { getTerminalStdin: () => undefined },
    'wasi:cli/terminal-stdout': { getTerminalStdout: () => undefined },
    'wasi:clocks/monotonic-clock': {
      now: () => clock.monotonicNs(),
      subscribeDuration: () => new Pollable(),
      subscribeInstant: () => new Pollable(),
    },
    'wasi:clocks/wall-clock': {
      now: () => {
        const now = clock.wallNs()
        return { seconds: now / NS_PER_SECOND, nanoseconds: Number(now % NS_PER_SECOND) }
      },
    },
    'wasi:filesystem/preopens': { getDirectories: () => [] },
    'wasi:filesystem/types': { Descriptor: makeEmptyClass(), filesystemErrorCode: () => undefined },
    'wasi:io/error': { Error: makeEmptyClass() },
    'wasi:io/poll': { Pollable, poll: (list: readonly Pollable[]) => Uint32Array.from(list.keys()) },
    'wasi:io/streams': { InputStream, OutputStream },
    'wasi:random/random': { getRandomBytes, getRandomU64 },
  }
}

/** Bytes for the guest; more than `MAX_RANDOM_BYTES` end it. */
export function getRandomBytes(length: bigint): Uint8Array {
  if (length > MAX_RANDOM_BYTES) throw new RangeError(`${length} random bytes at a time`)
  return new Uint8Array(randomBytes(Number(length)))
}

/** One number for the guest. */
export function getRandomU64(): bigint {
  return randomBytes(8).readBigUInt64LE()
}
