/** Between our streams and the engine's, whose messages take no other. */
import { getReader, isReadableStream, openByteStream, type ReadableStream } from './streams.ts'

type Native = {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> }>
    cancel(reason: unknown): Promise<void>
  }
}
const { ReadableStream: NativeStream } = globalThis as unknown as {
  ReadableStream: new (source: object, strategy: object) => Native
}
const wrapped = new WeakMap<object, ReadableStream>()
export function toNative<T>(stream: T): T {
  if (!isReadableStream(stream)) return stream
  const reader = getReader(stream)
  return new NativeStream(
    {
      async pull(controller: { enqueue(value: unknown): void; close(): void }) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason: unknown) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  ) as T
}
export function toOurs(native: unknown): ReadableStream<Uint8Array> | null {
  if (native === null) return null
  const known = wrapped.get(native as object)
  if (known) return known as ReadableStream<Uint8Array>
  let reader: ReturnType<Native['getReader']> | undefined
  const open = () => (reader ??= (native as Native).getReader())
  const ours = openByteStream({
    async pull(control) {
      const { done, value } = await open().read()
      if (done) control.close()
      else control.enqueue(value as Uint8Array<ArrayBuffer>)
    },
    cancel: (reason) => open().cancel(reason),
  })
  wrapped.set(native as object, ours)
  return ours
}
