/**
 * The load generator, in a process of its own so that it never shares a thread with a server. Plain sockets with
 * keep-alive, one request in flight on each, and a response parser that knows no more than the servers of this bench
 * send: a status line, `content-length` or chunks. It has to be much cheaper than what it measures; heads that repeat
 * byte for byte are parsed once.
 *
 * The first message is the plan, which is answered by `begun` when there was an answer for each connection; a second one,
 * whatever it is, ends the load early.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { Histogram } from './histogram.ts'
import { toRequestText } from './load.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import { toNext } from './next-host.ts'

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

async function run({ port, hosts, connections, seconds, order, request }: LoadPlan): Promise<LoadResult> {
  const requests = hosts.map((host) => Buffer.from(toRequestText(host, request)))
  const next = toNext(order ?? 'turn', hosts.length)
  const isAsked = new Uint8Array(hosts.length)
  const [all, firsts] = [new Histogram(), new Histogram()]
  let errors = 0
  let stopped = false
  const sockets = new Set<Socket>()

  const open = (): void => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    sockets.add(socket)
    let sentAt = 0
    let isFirst = false
    let rest: Buffer | undefined
    let lastHead = ''
    let head: Head = { ok: false, closes: false, length: 0 }
    const send = (): void => {
      const host = next()
      isFirst = isAsked[host] === 0
      isAsked[host] = 1
      sentAt = performance.now()
      socket.write(requests[host]!)
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
      const took = performance.now() - sentAt
      if (!head.ok) errors++
      all.add(took)
      if (isFirst) firsts.add(took)
      if (all.total === connections) process.send?.('begun')
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
  await Promise.race([
    new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    once(process, 'message'),
  ])
  stopped = true
  const elapsed = (performance.now() - startedAt) / 1000
  for (const socket of sockets) socket.destroy()
  return {
    requests: all.total,
    errors,
    seconds: elapsed,
    rps: all.total / elapsed,
    p50Ms: all.quantile(0.5),
    p99Ms: all.quantile(0.99),
    firsts: { count: firsts.total, p50Ms: firsts.quantile(0.5), p99Ms: firsts.quantile(0.99) },
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
