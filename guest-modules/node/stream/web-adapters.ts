/** Streams of Node.js as those of the Web API, and the other way: `toWeb` and `fromWeb`. Each waits for the other's room. */

import type * as Node from 'node:stream'
import stream from 'readable-stream'

const { Readable, Writable, Duplex, finished } = stream

type Chunk = Uint8Array<ArrayBuffer>

/** What is no `Buffer` any more, as the Web API has it. */
function toWebChunk(chunk: unknown): unknown {
  return chunk instanceof Uint8Array
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : chunk
}

function readableToWeb(
  readable: Node.Readable,
  { strategy }: { strategy?: QueuingStrategy } = {},
): ReadableStream {
  const isObjects = readable.readableObjectMode
  const room: QueuingStrategy = isObjects
    ? new CountQueuingStrategy({ highWaterMark: 1 })
    : new ByteLengthQueuingStrategy({ highWaterMark: readable.readableHighWaterMark })
  return new ReadableStream(
    {
      start(controller) {
        readable.pause()
        readable.on('data', (chunk: unknown) => {
          controller.enqueue(isObjects ? chunk : toWebChunk(chunk))
          if ((controller.desiredSize ?? 0) <= 0) readable.pause()
        })
        finished(readable, { writable: false }, (error) => {
          if (error) controller.error(error)
          else controller.close()
        })
      },
      pull: () => void readable.resume(),
      cancel: (reason) => void readable.destroy(reason as Error),
    },
    strategy ?? room,
  )
}

/** What a stream that reads from one of the Web API does. */
function toSource(readable: ReadableStream<Chunk>): {
  readonly read: (this: Node.Readable) => void
  readonly cancel: (error: unknown) => Promise<void>
} {
  const reader = readable.getReader()
  return {
    read(this: Node.Readable): void {
      reader.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: unknown) => this.destroy(error as Error),
      )
    },
    cancel: (error: unknown): Promise<void> => reader.cancel(error),
  }
}

/** What one that writes to one does. */
function toSink(writable: WritableStream<unknown>) {
  const writer = writable.getWriter()
  // who writes hears of it
  writer.closed.catch(() => {})
  const settle = (done: Node.TransformCallback, promise: Promise<unknown>) =>
    void promise.then(() => done(), done)
  return {
    write: (chunk: unknown, _encoding: string, done: Node.TransformCallback): void =>
      settle(
        done,
        writer.ready.then(() => writer.write(chunk)),
      ),
    final: (done: Node.TransformCallback): void => settle(done, writer.close()),
    abort: (error: unknown): Promise<void> => writer.abort(error),
  }
}

type Done = (error?: Error | null) => void

/** For a stream that ends: whoever is on the far side is told, whatever comes of it. */
function tell(tellings: readonly Promise<unknown>[], error: Error | null, done: Done): void {
  void Promise.allSettled(tellings).then(() => done(error))
}

function readableFromWeb(readable: ReadableStream<Chunk>, options: Node.ReadableOptions = {}): Node.Readable {
  const { read, cancel } = toSource(readable)
  return new Readable({ ...options, read, destroy: (error, done) => tell([cancel(error)], error, done) })
}

function writableToWeb(writable: Node.Writable): WritableStream {
  return new WritableStream({
    start(controller) {
      finished(writable, { readable: false }, (error) => {
        if (error) controller.error(error)
      })
    },
    async write(chunk) {
      if (writable.write(chunk)) return
      await new Promise<void>((resolve, reject) => {
        writable.once('drain', resolve).once('error', reject)
      })
    },
    close: () =>
      new Promise<void>((resolve, reject) => {
        writable.once('error', reject)
        writable.end(resolve)
      }),
    abort: (reason) => void writable.destroy(reason as Error),
  })
}

function writableFromWeb(
  writable: WritableStream<unknown>,
  options: Node.WritableOptions = {},
): Node.Writable {
  const { write, final, abort } = toSink(writable)
  return new Writable({
    ...options,
    write,
    final,
    destroy: (error, done) => tell(error === null ? [] : [abort(error)], error, done),
  })
}

function duplexFromWeb(
  { readable, writable }: ReadableWritablePair<Chunk, unknown>,
  options: Node.DuplexOptions = {},
): Node.Duplex {
  const { read, cancel } = toSource(readable)
  const { write, final, abort } = toSink(writable)
  return new Duplex({
    ...options,
    read,
    write,
    final,
    destroy: (error, done) => tell(error === null ? [] : [cancel(error), abort(error)], error, done),
  })
}

/** Gives the classes these functions. */
export function addWebAdapters(): void {
  Object.assign(Readable, { toWeb: readableToWeb, fromWeb: readableFromWeb })
  Object.assign(Writable, { toWeb: writableToWeb, fromWeb: writableFromWeb })
  Object.assign(Duplex, {
    toWeb: (duplex: Node.Duplex) => ({ readable: readableToWeb(duplex), writable: writableToWeb(duplex) }),
    fromWeb: duplexFromWeb,
  })
}
