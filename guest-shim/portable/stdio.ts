/** What the app says, for whoever runs it: a line each, errors and warnings on stderr. */

import type { Level } from 'nano:workers/console'
import { getStderr } from 'wasi:cli/stderr'
import { getStdout } from 'wasi:cli/stdout'
import type { OutputStream } from 'wasi:io/streams'

/** The most that a stream takes at once. */
const MOST_AT_ONCE = 4096

const encoder = new TextEncoder()

export function say(level: Level, text: string): void {
  write(level, encoder.encode(text))
}

export function write(level: Level, text: Uint8Array): void {
  const isError = level === 'error' || level === 'warn'
  const stream: OutputStream = isError ? getStderr() : getStdout()
  try {
    for (let at = 0; at < text.length; at += MOST_AT_ONCE) {
      stream.blockingWriteAndFlush(text.subarray(at, at + MOST_AT_ONCE))
    }
    stream.blockingWriteAndFlush(encoder.encode('\n'))
  } catch {
    // nobody reads it
  } finally {
    stream[Symbol.dispose]()
  }
}
