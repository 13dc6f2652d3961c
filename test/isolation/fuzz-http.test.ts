/**
 * Ten thousand mutated messages on raw sockets: each connection comes to an end, each answer parses strictly and is one
 * that a client may be given, no shard dies, and afterwards everything is answered as before. The messages come of a
 * seed, so that a failure can be had again.
 */

import { connect } from 'node:net'

import { array, constantFrom, integer, noBias, option, record, sample } from 'fast-check'
import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import { parseResponses } from '../harness/socket.ts'

const SEED = 20_261_123
const MESSAGES = 10_000
const AT_ONCE = 250
/** A server that says nothing for so long waits for more; it is then told that there is none. */
const SILENCE_MS = 150
const HANG_MS = 15_000

/** What a client may be given; no error of the app, and none of the host. */
const ALLOWED: ReadonlySet<number> = new Set([200, 400, 404, 408, 413, 414, 417, 431, 501, 508])

const HOST = 'Host: ledger.test\r\n'
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`
const POST = `POST /p?q=1 HTTP/1.1\r\n${HOST}`

/** What mutations begin with: good requests, and such as two parsers could read differently. */
const CORPUS = [
  GET,
  GET + GET + GET,
  `GET /a/../b/%2e%2e//c;d?e=f&g#h HTTP/1.1\r\n${HOST}Cookie: a=b; c=d\r\nAccept: */*\r\n\r\n`,
  `GET http://ledger.test:80/abs HTTP/1.1\r\n${HOST}Connection: keep-alive, x-own\r\nX-Own: 1\r\n\r\n`,
  `GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n${GET}`,
  `OPTIONS /o HTTP/1.1\r\nHost: LEDGER.test.:8080\r\nConnection: close\r\n\r\n`,
  `DELETE /d HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc${GET}`,
  `${POST}Content-Length: 11\r\n\r\nhello there${GET}`,
  `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext="a"\r\n there\r\n0\r\nX-Trailer: a\r\n\r\n${GET}`,
  `${POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
  `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${GET}`,
  `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello${GET}`,
  `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${GET}`,
  `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n${GET}`,
  `GET / HTTP/1.1\r\n${HOST}CDN-Loop: ${'nano-workers, '.repeat(15)}other\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n`,
  `GET /${'u'.repeat(1500)} HTTP/1.1\r\n${HOST}X-Long: ${'v'.repeat(1500)}\r\n\r\n`,
  `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(60)}${HOST}\r\n${GET}`,
  `GET / HTTP/1.1\r\nHost: neighbour.test\r\n${HOST}X-Folded: a\r\n b\r\n\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'CONNECT ledger.test:80 HTTP/1.1\r\nHost: ledger.test:80\r\n\r\n',
]

const BYTES = '\r|\n|\r\n|\r\n\r\n|\0| |\t|\v|:|;|,|"|/|\u0080|\u00ff'.split('|')
const WORDS = '0|-1|+1|0x10|1e3|99999999999999999999|chunked|identity|ffffffffffffffff'.split('|')
const LINES = [
  'Content-Length: 1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Host: other.test\r\n',
  ' folded\r\n',
  'Connection: close\r\n',
  'Upgrade: h2c\r\n',
  'Expect: 100-continue\r\n',
  '__proto__: x\r\n',
  GET,
]

/** A place of a message, how much of it, a number and something to put there. */
interface Where {
  from: number
  to: number
  byte: number
  piece: string
  other: string
}

const MUTATIONS: ((text: string, where: Where) => string)[] = [
  function flip(text, { from, byte }) {
    const flipped = (text.charCodeAt(from) || 0) ^ (1 << (byte & 7))
    return text.slice(0, from) + String.fromCharCode(flipped) + text.slice(from + 1)
  },
  function set(text, { from, byte }) {
    return text.slice(0, from) + String.fromCharCode(byte) + text.slice(from + 1)
  },
  function insert(text, { from, piece }) {
    return text.slice(0, from) + piece + text.slice(from)
  },
  function remove(text, { from, byte }) {
    return text.slice(0, from) + text.slice(from + (byte & 31))
  },
  function repeat(text, { from, to, byte }) {
    return text.slice(0, from) + text.slice(from, to).repeat(1 + (byte & 15)) + text.slice(to)
  },
  function truncate(text, { from }) {
    return text.slice(0, from)
  },
  function insertLine(text, { from, byte, other }) {
    const lines = other.split('\r\n')
    return `${text.slice(0, from)}${lines[byte % lines.length]}\r\n${text.slice(from)}`
  },
  function swapLines(text, { from, byte }) {
    const lines = text.split('\r\n')
    const [one, two] = [from % lines.length, byte % lines.length]
    return lines.with(one, lines[two]!).with(two, lines[one]!).join('\r\n')
  },
]

/** A share of something's length; every place is as likely as any other. */
const share = noBias(integer({ min: 0, max: 9999 })).map((part) => part / 10_000)

const mutation = record({
  change: constantFrom(...MUTATIONS),
  at: share,
  length: share,
  byte: noBias(integer({ min: 0, max: 255 })),
  piece: constantFrom(...BYTES, ...WORDS, ...LINES),
  other: constantFrom(...CORPUS),
}).map(({ change, at, length, ...where }) => (text: string) => {
  const from = Math.floor(at * text.length)
  return change(text, { ...where, from, to: from + Math.floor(length * 200) })
})

/** A message, where it is torn into two packets, if it is, and whether its client leaves at once. */
const message = record({
  // several requests in one packet: a change to the last leaves the others as they are
  bases: array(constantFrom(...CORPUS), { minLength: 1, maxLength: 3 }),
  mutations: array(mutation, { minLength: 1, maxLength: 3 }),
  tear: option(share, { freq: 3 }),
  leaves: noBias(integer({ min: 0, max: 9 })).map((digit) => digit === 0),
}).map(({ bases, mutations, tear, leaves }) => {
  const text = mutations.reduce((before, mutate) => mutate(before), bases.join(''))
  return { text, tear: tear === null ? text.length : Math.floor(tear * text.length), leaves }
})

type Message = ReturnType<typeof message.generate>['value']

/** Everything that the server said. Throws when the connection does not come to its end. */
function ask(port: number, { text, tear, leaves }: Message): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const hang = setTimeout(() => {
      socket.destroy()
      reject(new Error(`hangs: ${JSON.stringify(text)}`))
    }, HANG_MS)
    socket.setEncoding('latin1').on('data', (part: string) => (received += part))
    socket.setTimeout(SILENCE_MS, () => socket.end())
    const end = (): void => {
      clearTimeout(hang)
      resolve(received)
    }
    const leave = (): void => {
      socket.resetAndDestroy()
      end()
    }
    socket.on('error', () => {})
    socket.on('close', end)
    socket.write(text.slice(0, tear), 'latin1')
    if (leaves) setTimeout(leave, text.length % 4)
    if (tear < text.length && !leaves) setTimeout(() => socket.write(text.slice(tear), 'latin1'), 2)
  })
}

test('ten thousand mutated messages leave everything as it was', { timeout: 120_000 }, async ({ expect }) => {
  await using server = await serve([
    { name: 'ledger', hostname: 'ledger.test', path: fixture('ledger'), max_url_kb: 2, max_header_kb: 2 },
    NEIGHBOUR,
  ])
  await using neighbour = watchNeighbour(server)
  const messages = sample(message, { numRuns: MESSAGES, seed: SEED })
  const statuses = new Map<number, number>()
  const throwOne = async (one: Message): Promise<void> => {
    const received = await ask(server.port, one)
    if (one.leaves) return
    try {
      for (const { status } of parseResponses(received.replaceAll('HTTP/1.1 100 Continue\r\n\r\n', ''), [])) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    } catch (cause) {
      throw new Error(`${JSON.stringify(one.text)} got ${JSON.stringify(received)}`, { cause })
    }
  }
  const queue = messages.values()
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const one of queue) await throwOne(one)
  })
  await Promise.all(workers)

  await neighbour.stop()
  const answer = await server.send('ledger.test', '/', { method: 'POST', body: 'good' })
  expect(answer.text).toBe('POST complete 4')
  expect([...statuses.keys()].filter((status) => !ALLOWED.has(status))).toEqual([])
  // the messages reached both sides of the parser, and the limits
  expect(statuses.get(200)).toBeGreaterThan(MESSAGES / 10)
  expect(statuses.get(400)).toBeGreaterThan(MESSAGES / 10)
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([404, 414, 417, 431, 501, 508]))
  expect(
    server.log.filter((line) => !/REQUEST_INVALID|METHOD_UNKNOWN|_TOO_L|LOOP_DETECTED/.test(line)),
  ).toEqual([])
  await waitFor(async () => (await server.counters()).openRequests === 0 || undefined)
  const { liveInstances, instances, traps } = await server.counters()
  expect({ liveInstances, instances, traps }).toEqual({ liveInstances: 2, instances: 2, traps: 0 })
})
