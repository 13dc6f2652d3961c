/**
 * An app that says false things about its own response cannot move the border between two responses of a connection:
 * another app's answer behind it is whole and by itself, with keep-alive and with both requests in one packet. A
 * neighbour is answered all the while.
 */

import { connect } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { builtExample, fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { parseResponses, talk } from '../harness/socket.ts'
import type { WireResponse } from '../harness/socket.ts'

/** What would be a second response to whoever believes the length. */
const SPLIT = 'HTTP/1.1 200 SPLIT\r\nContent-Length: 5\r\n\r\nowned'
const VICTIM = 'GET / HTTP/1.1\r\nHost: victim.test\r\nConnection: close\r\n\r\n'
const HELLO = 'Hello from NANO!\n'

type Wish = Record<string, unknown>
type Case = [label: string, wish: Wish]

/** Beyond the 128 KiB of a head, all together or at once; the engine takes seconds for much more. */
const MANY = 1500
const LONG = 200_000

/** The response may be this or an error, but the one behind it is whole. */
const CASES: Case[] = [
  ['a short length', { headers: [['content-length', '2']] }],
  ['a long length', { headers: [['content-length', '9999']] }],
  ['a length of zero', { headers: [['content-length', '0']] }],
  [
    'two lengths',
    {
      headers: [
        ['content-length', '2'],
        ['content-length', '3'],
      ],
    },
  ],
  ['a length that is no number', { headers: [['content-length', 'abc']] }],
  ['chunked', { headers: [['transfer-encoding', 'chunked']] }],
  ['gzip and chunked', { headers: [['transfer-encoding', 'gzip, chunked']] }],
  [
    'chunked and a length',
    {
      headers: [
        ['transfer-encoding', 'chunked'],
        ['content-length', '2'],
      ],
    },
  ],
  [
    'connection headers',
    {
      headers: [
        ['connection', 'close, content-length'],
        ['keep-alive', 'timeout=1, max=1'],
        ['proxy-connection', 'close'],
      ],
    },
  ],
  [
    'upgrade, te and trailer',
    {
      headers: [
        ['upgrade', 'h2c'],
        ['te', 'trailers'],
        ['trailer', 'content-length'],
      ],
    },
  ],
  [
    'date and server',
    {
      headers: [
        ['date', 'never'],
        ['server', 'mine'],
      ],
    },
  ],
  ['CRLF in a value', { headers: [['x-test', `a\r\n\r\n${SPLIT}`]] }],
  ['LF in a value', { headers: [['x-test', 'a\nset-cookie: evil=1']] }],
  ['CR in a value', { headers: [['x-test', 'a\rset-cookie: evil=1']] }],
  ['NUL in a value', { headers: [['x-test', 'a\0b']] }],
  ['a character beyond latin1 that ends in LF', { headers: [['x-test', 'a\u010aset-cookie: evil=1']] }],
  ['a euro sign in a value', { headers: [['x-test', '\u20ac']] }],
  ['CRLF in a name', { headers: [['x-test\r\nset-cookie', 'evil=1']] }],
  ['a colon in a name', { headers: [['set-cookie: evil=1\r\nx', 'b']] }],
  ['a space in a name', { headers: [['content-length ', '2']] }],
  ['an empty name', { headers: [['', 'b']] }],
  ['a name beyond ASCII', { headers: [['x-\u00e4', 'b']] }],
  ['CRLF in the status text', { statusText: `OK\r\nset-cookie: evil=1\r\n\r\n${SPLIT}` }],
  ['a status text beyond latin1', { statusText: '\u20ac\u010d\u010a' }],
  ...[0, 1, 99, 100, 101, 102, 103, 199, 600, 999, 1000, -200, 200.5].map((status): Case => [
    `the status ${status}`,
    { status },
  ]),
  ...[204, 205, 304].map((status): Case => [`a body with the status ${status}`, { status }]),
  ['too many headers', { many: MANY }],
  ['too long a value', { long: LONG }],
  ['headers of just more than 128 KiB', { long: 128 * 1024 }],
]

describe('a response that says false things', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      { name: 'framing', hostname: 'framing.test', path: fixture('framing'), timeout_ms: 20_000 },
      { name: 'victim', hostname: 'victim.test', path: builtExample('hello') },
      NEIGHBOUR,
    ])
  })

  afterAll(() => server.close())

  const toRequest = (method: string, wish: Wish) => {
    const query = encodeURIComponent(JSON.stringify({ body: SPLIT, ...wish }))
    return `${method} /?wish=${query} HTTP/1.1\r\nHost: framing.test\r\n\r\n`
  }

  /** Both answers: the victim's request in the same packet, and behind the first answer. */
  const askBoth = async (method: string, wish: Wish): Promise<[WireResponse, WireResponse][]> => {
    await using neighbour = watchNeighbour(server, 1)
    const request = toRequest(method, wish)
    const texts = [
      (await talk(server.port, [request + VICTIM])).received,
      await oneByOne(server.port, request, VICTIM),
    ]
    await neighbour.stop()
    return texts.map((text) => {
      const responses = parseResponses(text, [method, 'GET'])
      if (responses.length !== 2) throw new Error(`${responses.length} responses: ${JSON.stringify(text)}`)
      return responses as [WireResponse, WireResponse]
    })
  }

  for (const streamed of [false, true]) {
    test.for(CASES)(`%s, ${streamed ? 'streamed' : 'whole'}`, async ([, wish], { expect }) => {
      for (const [first, victim] of await askBoth('GET', { ...wish, streamed })) {
        expect(victim).toMatchObject({ status: 200, body: HELLO })
        expect(first.status).toBeGreaterThanOrEqual(200)
        expect(first.status).toBeLessThan(600)
        const names = first.headers.map(([name]) => name)
        expect(names.filter((name) => /^(set-cookie|upgrade|te|trailer)$/.test(name))).toEqual([])
        expect(first.headers.filter(([, value]) => value === 'never')).toEqual([])
        if (first.status === 200) expect([SPLIT, expect.stringMatching(/^cannot/)]).toContainEqual(first.body)
      }
    })
  }

  test.for([
    ['whole', {}],
    ['streamed', { streamed: true }],
    ['with a length of its own', { headers: [['content-length', '77']] }],
    ['without a body', { body: null }],
    ['with the status 304', { status: 304, headers: [['content-length', '77']] }],
  ] as Case[])('an answer to HEAD %s has no body', async ([, wish], { expect }) => {
    for (const [first, victim] of await askBoth('HEAD', wish)) {
      expect(first.body).toBe('')
      expect(victim).toMatchObject({ status: 200, body: HELLO })
    }
  })

  test('what is too large for a head becomes an error that names no reason', async ({ expect }) => {
    for (const wish of [{ many: MANY }, { long: LONG }]) {
      const [[first]] = (await askBoth('GET', wish)) as [[WireResponse, WireResponse]]
      expect(first).toMatchObject({ status: 500, body: expect.stringContaining('APP_BAD_RESPONSE') })
    }
    await server.logged('[framing ', 'bytes of headers, got')
  })
})

/** Everything that the server says, the second request being sent once the first answer is there. */
function oneByOne(port: number, first: string, second: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(first, 'latin1'))
    let received = ''
    let isSent = false
    socket.setEncoding('latin1').on('data', (part: string) => {
      received += part
      if (isSent) return
      isSent = true
      setTimeout(() => socket.write(second), 20)
    })
    socket.setTimeout(3000, () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
  })
}
