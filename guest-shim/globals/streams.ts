/**
 * What the engine's ReadableStream and URL lack and packages use: `ReadableStream.from`, iteration, `URL.canParse`,
 * `URL.parse`.
 */

/* oxlint-disable oxc/no-this-in-exported-function -- a method for a prototype that is not ours */

import { getReader, NativeStream, NativeURL } from './primordials.ts'

/** `ReadableStream.from` */
export function from<T>(items: AsyncIterable<T> | Iterable<T>): ReadableStream<T> {
  const source = items as Partial<AsyncIterable<T> & Iterable<T>>
  const iterator = source[Symbol.asyncIterator]?.() ?? source[Symbol.iterator]?.()
  if (!iterator) throw new TypeError('ReadableStream.from: the argument cannot be iterated')
  return new NativeStream<T>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(await value)
      },
      async cancel(reason) {
        await iterator.return?.(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** `for await (const chunk of stream)` */
export async function* values(
  this: ReadableStream,
  { preventCancel = false }: { preventCancel?: boolean } = {},
): AsyncGenerator {
  const reader = getReader(this)
  let isOver = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      isOver = done
      if (done) return
      yield value
    }
  } catch (error) {
    isOver = true
    throw error
  } finally {
    if (!isOver && !preventCancel) void reader.cancel().catch(() => {})
    reader.releaseLock()
  }
}

export function parseUrl(url: string, base?: string): URL | null {
  try {
    return base === undefined ? new NativeURL(url) : new NativeURL(url, base)
  } catch {
    return null
  }
}

export function canParseUrl(url: string, base?: string): boolean {
  return parseUrl(url, base) !== null
}
