/**
 * The WASI that an engine sees. It gets random bytes and the turn's clock; everything else is inert: no file, no
 * environment, no socket, streams that hold nothing and take everything. The shape is that of jco's imports, held to the
 * types that preview2-shim publishes.
 *
 * Most of this is never called: the engine reads the clock and writes its log through `core-hooks.ts`. Nothing here
 * blocks, for the guest keeps its timers on the host (wit/timer.wit) and a pollable of its own is ready at once.
 */
import { randomBytes } from 'node:crypto'
import type * as Stderr from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stderr'
import type * as Stdin from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stdin'
import type * as Stdout from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stdout'
import type * as TerminalInput from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-input'
import type * as TerminalOutput from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-output'
import type * as TerminalStderr from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stderr'
import type * as TerminalStdin from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stdin'
import type * as TerminalStdout from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stdout'
import type * as MonotonicClock from '@bytecodealliance/preview2-shim/interfaces/wasi-clocks-monotonic-clock'
import type * as WallClock from '@bytecodealliance/preview2-shim/interfaces/wasi-clocks-wall-clock'
import type * as Preopens from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-preopens'
import type * as Filesystem from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types'
import type * as IoError from '@bytecodealliance/preview2-shim/interfaces/wasi-io-error'
import type * as Poll from '@bytecodealliance/preview2-shim/interfaces/wasi-io-poll'
import type * as Streams from '@bytecodealliance/preview2-shim/interfaces/wasi-io-streams'
import type * as Random from '@bytecodealliance/preview2-shim/interfaces/wasi-random-random'
import type { EngineClock } from '../guest.ts'

/**
 * An interface as it is published, but for its classes: their constructors are private, which no class outside can match.
 * Classes of which there are instances say `implements` instead.
 */
type Inert<Module> = {
  readonly [Name in keyof Module]: Module[Name] extends (...args: never[]) => unknown ? Module[Name] : object
}

/** More random bytes at a time than `crypto.getRandomValues` gives are not for an app. */
const MAX_RANDOM_BYTES = 65_536n
const NS_PER_SECOND = 1_000_000_000n
/** What a stream that throws everything away takes at a time. */
const STREAM_BYTES = 65_536n

/** jco takes `payload` as the error case of the WIT result. */
class StreamClosed extends Error {
  readonly payload = { tag: 'closed' } as const
}

class Pollable implements Poll.Pollable {
  ready(): boolean {
    return true
  }

  block(): void {}
}

class InputStream implements Streams.InputStream {
  read(): never {
    throw new StreamClosed()
  }

  blockingRead(): never {
    throw new StreamClosed()
  }

  skip(): never {
    throw new StreamClosed()
  }

  blockingSkip(): never {
    throw new StreamClosed()
  }

  subscribe(): Pollable {
    return new Pollable()
  }
}

class OutputStream implements Streams.OutputStream {
  checkWrite(): bigint {
    return STREAM_BYTES
  }

  write(): void {}

  flush(): void {}

  blockingFlush(): void {}

  blockingWriteAndFlush(): void {}

  writeZeroes(): void {}

  blockingWriteZeroesAndFlush(): void {}

  splice(): never {
    throw new StreamClosed()
  }

  blockingSplice(): never {
    throw new StreamClosed()
  }

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
    'wasi:cli/stderr': { getStderr: () => new OutputStream() } satisfies Inert<typeof Stderr>,
    'wasi:cli/stdin': { getStdin: () => new InputStream() } satisfies Inert<typeof Stdin>,
    'wasi:cli/stdout': { getStdout: () => new OutputStream() } satisfies Inert<typeof Stdout>,
    'wasi:cli/terminal-input': { TerminalInput: makeEmptyClass() } satisfies Inert<typeof TerminalInput>,
    'wasi:cli/terminal-output': { TerminalOutput: makeEmptyClass() } satisfies Inert<typeof TerminalOutput>,
    'wasi:cli/terminal-stderr': { getTerminalStderr: () => undefined } satisfies Inert<typeof TerminalStderr>,
    'wasi:cli/terminal-stdin': { getTerminalStdin: () => undefined } satisfies Inert<typeof TerminalStdin>,
    'wasi:cli/terminal-stdout': { getTerminalStdout: () => undefined } satisfies Inert<typeof TerminalStdout>,
    'wasi:clocks/monotonic-clock': {
      now: () => clock.monotonicNs(),
      resolution: () => 1n,
      subscribeDuration: () => new Pollable(),
      subscribeInstant: () => new Pollable(),
    } satisfies Inert<typeof MonotonicClock>,
    'wasi:clocks/wall-clock': {
      now: () => {
        const now = clock.wallNs()
        return { seconds: now / NS_PER_SECOND, nanoseconds: Number(now % NS_PER_SECOND) }
      },
      resolution: () => ({ seconds: 0n, nanoseconds: 1 }),
    } satisfies Inert<typeof WallClock>,
    'wasi:filesystem/preopens': { getDirectories: () => [] } satisfies Inert<typeof Preopens>,
    'wasi:filesystem/types': {
      Descriptor: makeEmptyClass(),
      DirectoryEntryStream: makeEmptyClass(),
      filesystemErrorCode: () => undefined,
    } satisfies Inert<typeof Filesystem>,
    'wasi:io/error': { Error: makeEmptyClass() } satisfies Inert<typeof IoError>,
    'wasi:io/poll': {
      Pollable,
      poll: (list) => Uint32Array.from(list.keys()),
    } satisfies Inert<typeof Poll>,
    'wasi:io/streams': { InputStream, OutputStream } satisfies Inert<typeof Streams>,
    'wasi:random/random': { getRandomBytes, getRandomU64 } satisfies Inert<typeof Random>,
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
