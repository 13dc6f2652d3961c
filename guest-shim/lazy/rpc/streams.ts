/** Streams that go to another guest: whoever has them asks for each chunk, or waits until each was taken. */

import { bytesOf } from '../../globals/buffer-source.ts'
import { NativeTypeError } from '../../globals/primordials.ts'
import { getReader, openStream, read, ReadableStream, WritableStream } from '../../globals/streams.ts'
import { toText } from '../../globals/web-idl.ts'
import { ignore } from '../../turn/pump.ts'
import type { Hook } from './hook.ts'

/** A hook with these members. */
class Members implements Hook {
  readonly #members: Readonly<Record<string, (value?: unknown) => unknown>>
  readonly #onDispose: () => void

  constructor(members: Readonly<Record<string, (value?: unknown) => unknown>>, onDispose: () => void) {
    this.#members = members
    this.#onDispose = onDispose
  }

  async invoke([name = '']: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    if (!Object.hasOwn(this.#members, name)) throw new NativeTypeError('a stream has no such member')
    return await this.#members[name]!(args?.[0])
  }

  dup(): Hook {
    throw new NativeTypeError('a stream is passed on as a stream')
  }

  dispose(): void {
    this.#onDispose()
  }
}

/** The stream is locked from here on. */
export function fromReadable(stream: ReadableStream): Hook {
  const reader = getReader(stream)
  let isOver = false
  const cancel = async (reason?: unknown): Promise<void> => {
    if (isOver) return
    isOver = true
    await reader.cancel(reason)
  }
  return new Members(
    {
      async read() {
        const { done, value } = await read(reader)
        isOver ||= done
        return done ? { done } : { done, value: toOwnBytes(value) }
      },
      cancel,
    },
    () => void ignore(cancel(new NativeTypeError('whoever had the stream is gone'))),
  )
}

export function toReadable(hook: Hook): ReadableStream {
  return openStream<unknown>({
    async pull(control) {
      try {
        const { done, value } = (await hook.invoke(['read'], [])) as { done: boolean; value: unknown }
        if (!done) return control.enqueue(value)
        control.close()
        hook.dispose()
      } catch (error) {
        hook.dispose()
        throw error
      }
    },
    async cancel(reason) {
      await hook.invoke(['cancel'], [toPassable(reason)])
      hook.dispose()
    },
  })
}

/** The stream is locked from here on. */
export function fromWritable(stream: WritableStream): Hook {
  const writer = stream.getWriter()
  let isOver = false
  const end = async (how: 'close' | 'abort', reason?: unknown): Promise<void> => {
    if (isOver) return
    isOver = true
    await (how === 'close' ? writer.close() : writer.abort(reason))
  }
  return new Members(
    {
      write: (chunk) => writer.write(chunk),
      close: () => end('close'),
      abort: (reason) => end('abort', reason),
    },
    () => void ignore(end('abort', new NativeTypeError('whoever had the stream is gone'))),
  )
}

export function toWritable(hook: Hook): WritableStream {
  const end = async (how: string, ...args: unknown[]): Promise<void> => {
    try {
      await hook.invoke([how], args)
    } finally {
      hook.dispose()
    }
  }
  return new WritableStream({
    async write(chunk) {
      await hook.invoke(['write'], [chunk])
    },
    close: () => end('close'),
    abort: (reason) => end('abort', toPassable(reason)),
  })
}

/** A part of a larger buffer goes alone. */
function toOwnBytes(chunk: unknown): unknown {
  const bytes = bytesOf(chunk)
  return bytes === undefined || bytes.byteLength === bytes.buffer.byteLength ? chunk : bytes.slice()
}

/** A reason that is an error goes as one; anything else as its text. */
function toPassable(reason: unknown): unknown {
  return reason instanceof Error || reason === undefined ? reason : toText(reason)
}
