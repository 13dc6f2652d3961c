/**
 * The load generator, in a process of its own so that it never shares a thread with a server. Plain sockets with
 * keep-alive, one request in flight on each, and a response parser that knows no more than the servers of this bench
 * send: a status line, `content-length` or chunks. It has to be much cheaper than what it measures; heads that repeat
 * byte for byte are parsed once.
 */

import { connect } from 'node:net'
import type { Socket } from 'node:net'

import type { LoadPlan, LoadResult } from './load.ts'

/** One bucket of the latency histogram, in microseconds. */
const BUCKET_US = 10
const BUCKETS = 500_000

interface Head {
  readonly ok: boolean
  readonly closes: boolean
  /** Bytes of the body, -1 when it comes in chunks. */
  readonly length: number
}

process.once('message', (plan: LoadPlan) => {
  run(plan).then(
    (result) => process.send?.(result, undefined, undefined, () => process.disconnect?.()),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})

async function run({ port, hosts, connections, seconds }: LoadPlan): Promise<LoadResult> {
  const requests = hosts.map((host) => Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`))
  const histogram = new Uint32Array(BUCKETS)
  let next = 0
  let done = 0
  let errors = 0
  let stopped = false
  const sockets = new Set<Socket>()

  const open = (): void => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    sockets.add(socket)
    let sentAt = 0
    let rest: Buffer | undefined
    let lastHead = ''
    let head: Head = { ok: false, closes: false, length: 0 }
    const send = (): void => {
      sentAt = performance.now()
      socket.write(requests[next++ % requests.length]!)
    }
    socket.on('connect', send)
    socket.on('data', (piece: Buffer) => {
      const data = rest === undefined ? piece : Buffer.concat([rest, piece])
      rest = data
      const end = data.indexOf('\r\n\r\n')
      if (end < 0) return
      const text = data.toString('latin1', 0, end)
      if (text !== lastHead) {
        head = parseHead(text)
        lastHead = text
      }
      if (!isComplete(data, end + 4, head.length)) return
      rest = undefined
      if (stopped) return
      done++
      if (!head.ok) errors++
      histogram[Math.min(BUCKETS - 1, Math.floor(((performance.now() - sentAt) * 1000) / BUCKET_US))]!++
      if (head.closes) socket.end()
      else send()
    })
    socket.on('error', () => {
      if (!stopped) errors++
    })
    socket.on('close', () => {
      sockets.delete(socket)
      if (stopped) return
      if (!head.closes) errors++
      setTimeout(open, 1)
    })
  }

  const startedAt = performance.now()
  for (let i = 0; i < connections; i++) open()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  stopped = true
  const elapsed = (performance.now() - startedAt) / 1000
  for (const socket of sockets) socket.destroy()
  return {
    requests: done,
    errors,
    seconds: elapsed,
    rps: done / elapsed,
    p50Ms: toQuantile(histogram, done, 0.5),
    p99Ms: toQuantile(histogram, done, 0.99),
  }
}

function parseHead(text: string): Head {
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  return {
    ok: text.startsWith('200', 9),
    closes: /\r\nconnection: *close/i.test(text),
    length: length === undefined ? -1 : Number(length),
  }
}

function isComplete(data: Buffer, bodyAt: number, length: number): boolean {
  if (length >= 0) return data.length >= bodyAt + length
  for (let at = bodyAt; ;) {
    const lineEnd = data.indexOf('\r\n', at)
    if (lineEnd < 0) return false
    const size = Number.parseInt(data.toString('latin1', at, lineEnd), 16)
    at = lineEnd + 2 + size + 2
    if (at > data.length) return false
    if (size === 0) return true
  }
}

function toQuantile(histogram: Uint32Array, total: number, quantile: number): number {
  let seen = 0
  for (const [bucket, count] of histogram.entries()) {
    seen += count
    if (seen >= total * quantile) return ((bucket + 1) * BUCKET_US) / 1000
  }
  return Number.NaN
}
