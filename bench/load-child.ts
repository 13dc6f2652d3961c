/**
 * The load generator, in a process of its own so that it never shares a thread with a server. Plain sockets
 * (connection.ts), one request of each client in flight.
 *
 * The first message is the plan, which is answered by `begun` when there was an answer for each client; a second one,
 * whatever it is, ends the load early.
 */

import { Connection } from './connection.ts'
import { Histogram } from './histogram.ts'
import { toRequestText } from './load.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import { toNext } from './next-host.ts'

/** A client that lost its connection comes again after so long. */
const AGAIN_MS = 1

process.once('message', (plan: LoadPlan) => {
  run(plan).then(
    (result) => process.send?.(result, undefined, undefined, () => process.disconnect?.()),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})

async function run(plan: LoadPlan): Promise<LoadResult> {
  const { port, hosts, ports, connections: clients, seconds, order, request } = plan
  const requests = hosts.map((host) => Buffer.from(toRequestText(host, request)))
  const next = toNext(order ?? 'turn', hosts.length)
  const isAsked = new Uint8Array(hosts.length)
  const [all, firsts] = [new Histogram(), new Histogram()]
  let errors = 0
  let stopped = false
  const opened = new Set<Connection>()

  /** It has a connection to each port that it asks. */
  const open = (): void => {
    const connections = new Map<number, Connection>()
    let sentAt = 0
    let isFirst = false
    const ask = (): void => {
      if (stopped) return
      const host = next()
      isFirst = isAsked[host] === 0
      isAsked[host] = 1
      const connection = connectTo(ports?.[host] ?? port)
      sentAt = performance.now()
      connection.ask(requests[host]!)
    }
    const connectTo = (to: number): Connection => {
      const known = connections.get(to)
      if (known !== undefined) return known
      const made = new Connection(to, {
        onAnswer(ok, stays) {
          if (stopped) return
          const took = performance.now() - sentAt
          if (!ok) errors++
          all.add(took)
          if (isFirst) firsts.add(took)
          if (all.total === clients) process.send?.('begun')
          if (stays) ask()
          else {
            connections.delete(to)
            setTimeout(ask, AGAIN_MS)
          }
        },
        onClose(broke) {
          opened.delete(made)
          if (connections.get(to) === made) connections.delete(to)
          if (stopped || !broke) return
          errors++
          setTimeout(ask, AGAIN_MS)
        },
      })
      opened.add(made)
      connections.set(to, made)
      return made
    }
    ask()
  }

  const startedAt = performance.now()
  for (let i = 0; i < clients; i++) open()
  const over = Promise.withResolvers<void>()
  const timer = setTimeout(over.resolve, seconds * 1000)
  process.once('message', () => over.resolve())
  await over.promise
  // it would keep the process
  clearTimeout(timer)
  stopped = true
  const elapsed = (performance.now() - startedAt) / 1000
  for (const connection of opened) connection.destroy()
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
