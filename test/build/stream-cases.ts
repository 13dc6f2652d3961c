/** Streams of Node.js and of the Web API, bytes as texts, and Zstandard: the same in an app and in Node. */

import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import * as zlib from 'node:zlib'

const toMessage = (error: unknown): string => (error as Error).message

/** A stream of the Web API with these parts. */
function toWeb(...parts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })
}

async function readBoth(): Promise<unknown> {
  const parts = Readable.from([Buffer.from('a'), Buffer.from('b')], { objectMode: false })
  const objects = Readable.toWeb(Readable.from([{ n: 1 }, { n: 2 }])) as unknown as AsyncIterable<object>
  const seen: object[] = []
  for await (const each of objects) seen.push(each)
  return {
    toWeb: await new Response(Readable.toWeb(parts)).text(),
    fromWeb: await text(Readable.fromWeb(toWeb('c', 'd') as never)),
    isBuffer: Buffer.isBuffer((await Readable.fromWeb(toWeb('c') as never).toArray())[0]),
    seen,
  }
}

async function failBoth(): Promise<unknown> {
  const broken = new Readable({ read: () => broken.destroy(new Error('in Node')) })
  const failing = new ReadableStream({ pull: () => Promise.reject(new Error('in the Web')) })
  let cancelled: unknown
  const left = new ReadableStream({ cancel: (reason) => void (cancelled = reason) })
  const reader = Readable.fromWeb(left as never)
  reader.on('error', () => {}).destroy(new Error('left'))
  await new Promise((resolve) => reader.once('close', resolve))
  return {
    broken: await new Response(Readable.toWeb(broken) as never).text().catch(toMessage),
    failing: await text(Readable.fromWeb(failing as never)).catch(toMessage),
    cancelled: toMessage(cancelled),
  }
}

async function write(): Promise<unknown> {
  const written: string[] = []
  const sink = new WritableStream<Uint8Array>({
    write: (chunk) => void written.push(new TextDecoder().decode(chunk)),
  })
  await pipeline(Readable.from([Buffer.from('e'), Buffer.from('f')]), Writable.fromWeb(sink as never))
  const kept: string[] = []
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      kept.push(String(chunk))
      setTimeout(done, 1)
    },
  })
  await toWeb('g', 'h', 'i').pipeTo(Writable.toWeb(slow) as never)
  const upper = new Transform({
    transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
  })
  const pair = Duplex.toWeb(upper) as unknown as ReadableWritablePair<Uint8Array, Uint8Array>
  const back = Duplex.fromWeb(new CompressionStream('gzip') as never)
  back.end('packed')
  return {
    written,
    kept,
    upper: await new Response(toWeb('j').pipeThrough(pair)).text(),
    unpacked: await text(back.pipe(zlib.createGunzip()).pipe(new PassThrough())),
  }
}

/** In no documentation; packages that read forms call them. */
type Short = Buffer & {
  latin1Slice(start?: number, end?: number): string
  utf8Slice(start?: number, end?: number): string
  hexSlice(start?: number, end?: number): string
  base64Slice(start?: number, end?: number): string
  utf8Write(text: string, offset?: number, length?: number): number
  latin1Write(text: string, offset?: number, length?: number): number
}

function shorten(): unknown {
  const bytes = Buffer.from('h\u00e4llo') as Short
  const filled = Buffer.alloc(6) as Short
  return [
    [bytes.latin1Slice(0, 3), bytes.utf8Slice(1), bytes.hexSlice(), bytes.base64Slice(0, 2)],
    [filled.utf8Write('\u00e4b', 1), filled.latin1Write('\u00e9', 4), filled.toString('hex')],
  ]
}

async function packWithZstd(): Promise<unknown> {
  const packed = zlib.zstdCompressSync('packed '.repeat(100))
  const source = Readable.from([packed.subarray(0, 9), packed.subarray(9)], { objectMode: false })
  return [
    packed.length < 100,
    zlib.zstdDecompressSync(packed).length,
    (await text(source.pipe(zlib.createZstdDecompress()))).length,
  ]
}

export async function runStreams(): Promise<Record<string, unknown>> {
  return {
    read: await readBoth(),
    failed: await failBoth(),
    written: await write(),
    short: shorten(),
    zstd: await packWithZstd(),
  }
}
