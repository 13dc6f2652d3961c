/**
 * The protocol of WebSockets from a client that writes every byte itself: the cases of RFC 6455 that servers are held to, by
 * what they are about, as in the test suite of Autobahn.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { closeFrame, frame, OP, talkFrames } from '../harness/frames.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const HOST = 'sockets.test'
const KB = 1024

let server: Served

beforeAll(async () => {
  server = await serve([
    { name: 'sockets', hostname: HOST, path: fixture('web-sockets'), web_socket_message_kb: 100 },
  ])
})
afterAll(() => server.close())

/** A close in its place is written when all of the messages before it have come back. */
const bye = closeFrame(1000)
const talk = (...parts: Buffer[]) => talkFrames(server.port, HOST, '/echo', parts, bye)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const part = (opcode: number, payload: string | Uint8Array = '') => frame(opcode, payload, { isLast: false })

describe('messages', () => {
  test.for([0, 1, 125, 126, 127, 128, 65_535, 65_536, 100 * KB])(
    'of %i bytes come back',
    async (size, { expect }) => {
      const shown = (text: string) => (size > 100 ? `${text} ${size}` : undefined)
      const [text, binary, close] = await talk(
        frame(OP.text, '*'.repeat(size)),
        frame(OP.binary, Buffer.alloc(size, 0xfe)),
        bye,
      )
      expect(text).toBe(shown('text') ?? `text ${'*'.repeat(size)}`)
      expect(binary).toBe(shown('binary') ?? `binary ${'fe'.repeat(size)}`)
      expect(close).toBe('close 1000')
    },
  )

  test('come back however they are cut up on the wire', async ({ expect }) => {
    const bytes = Buffer.concat([
      frame(OP.text, 'hello'),
      frame(OP.ping, 'p'),
      frame(OP.binary, hex('00 ff')),
    ])
    const all = ['binary 00ff', 'close 1000', 'pong 70', 'text hello']
    expect((await talk(...Array.from(bytes, (byte) => Buffer.of(byte)), bye)).sort()).toEqual(all)
    expect((await talk(bytes, bye)).sort()).toEqual(all)
  })

  test.for([
    ['a frame', [frame(OP.text, 'x'.repeat(100 * KB + 1))]],
    ['fragments', [part(OP.text, 'x'.repeat(60 * KB)), frame(OP.continuation, 'x'.repeat(60 * KB))]],
    ['a length alone', [frame(OP.binary, 'x', { length: 2n ** 40n })]],
  ] as const)('that are too large end it: %s', async ([, parts], { expect }) => {
    expect(await talk(...parts)).toEqual(['close 1009'])
  })
})

describe('control frames', () => {
  test('a ping is answered with what is in it', async ({ expect }) => {
    const pings = ['', 'payload', '\0\xff', 'x'.repeat(125)].map((text) => Buffer.from(text, 'latin1'))
    const said = await talk(...pings.map((payload) => frame(OP.ping, payload)), bye)
    expect(said).toEqual([...pings.map((payload) => `pong ${payload.toString('hex')}`), 'close 1000'])
  })

  test('a pong that nobody has asked for is nothing', async ({ expect }) => {
    expect(await talk(frame(OP.pong), frame(OP.pong, 'x'), frame(OP.ping, 'y'), bye)).toEqual([
      'pong 79',
      'close 1000',
    ])
  })

  test.for([
    ['of more than 125 bytes', frame(OP.ping, 'x'.repeat(126))],
    ['in fragments', part(OP.ping, 'x')],
    ['a pong in fragments', part(OP.pong, 'x')],
    ['a close of more than 125 bytes', closeFrame(1000, 'x'.repeat(124))],
  ] as const)('is an error: %s', async ([, bytes], { expect }) => {
    expect(await talk(bytes)).toEqual(['close 1002'])
  })
})

describe('reserved', () => {
  test.for([0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70])(
    'bits are an error: %i',
    async (reserved, { expect }) => {
      expect(await talk(frame(OP.text, 'x', { reserved }))).toEqual(['close 1002'])
      expect(await talk(frame(OP.ping, 'x', { reserved }))).toEqual(['close 1002'])
    },
  )

  test.for([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])('opcodes are an error: %i', async (opcode, { expect }) => {
    expect(await talk(frame(opcode, 'x'))).toEqual(['close 1002'])
    expect(await talk(frame(opcode))).toEqual(['close 1002'])
  })

  test('a frame without a mask is an error', async ({ expect }) => {
    expect(await talk(frame(OP.text, 'x', { isMasked: false }))).toEqual(['close 1002'])
  })
})

describe('fragments', () => {
  test('make one message, whatever comes between them', async ({ expect }) => {
    expect(await talk(part(OP.text, 'a'), frame(OP.continuation, 'b'), bye)).toContain('text ab')
    expect(
      await talk(
        part(OP.text, 'a'),
        frame(OP.ping, 'p'),
        part(OP.continuation),
        frame(OP.continuation, 'b'),
        bye,
      ),
    ).toEqual(expect.arrayContaining(['pong 70', 'text ab']))
    expect(await talk(part(OP.binary), part(OP.continuation), frame(OP.continuation), bye)).toContain(
      'binary ',
    )
  })

  test.for([
    ['a continuation of nothing', [frame(OP.continuation, 'x')]],
    ['one that is not the last', [part(OP.continuation, 'x'), frame(OP.text, 'y')]],
    ['a message within another', [part(OP.text, 'x'), frame(OP.text, 'y')]],
    [
      'a continuation behind the end',
      [part(OP.text, 'x'), frame(OP.continuation, 'y'), frame(OP.continuation, 'z')],
    ],
  ] as const)('out of order are an error: %s', async ([, parts], { expect }) => {
    expect((await talk(...parts)).at(-1)).toBe('close 1002')
  })
})

describe('texts', () => {
  test.for(['κόσμε', 'Hello-µ@ßöäüàá-UTF-8!!', '\u{10ffff}\u{10000}\ufffe\uffff', '\0'])(
    'in UTF-8: %j',
    async (text, { expect }) => {
      expect((await talk(frame(OP.text, text), bye))[0]).toBe(`text ${text}`)
    },
  )

  test('may be cut within a character', async ({ expect }) => {
    const bytes = Buffer.from('κόσμε')
    const parts = Array.from(bytes, (byte, i) => part(i === 0 ? OP.text : OP.continuation, Buffer.of(byte)))
    expect(await talk(...parts, frame(OP.continuation), bye)).toContain('text κόσμε')
  })

  test.for([
    ['an end that is missing', 'ce ba e1 bd'],
    ['half of a pair', 'ed a0 80'],
    ['more than is needed', 'c0 af'],
    ['more than is needed, in three', 'e0 80 af'],
    ['beyond the last', 'f4 90 80 80'],
    ['five bytes', 'f8 88 80 80 80'],
    ['a byte that begins nothing', '80'],
    ['no byte of UTF-8', 'fe'],
  ] as const)('that are not UTF-8 end it: %s', async ([, bytes], { expect }) => {
    expect(await talk(frame(OP.text, hex(bytes)))).toEqual(['close 1007'])
    expect(await talk(part(OP.text, 'x'), frame(OP.continuation, hex(bytes)))).toEqual(['close 1007'])
  })
})

describe('a close', () => {
  test('is answered with the same', async ({ expect }) => {
    expect(await talk(frame(OP.close))).toEqual(['close'])
    expect(await talk(closeFrame(1000, 'reason'))).toEqual(['close 1000 reason'])
    expect(await talk(closeFrame(1000, 'x'.repeat(123)))).toEqual([`close 1000 ${'x'.repeat(123)}`])
  })

  test('is the last that is heard', async ({ expect }) => {
    expect(await talk(closeFrame(1000), frame(OP.text, 'late'), frame(OP.ping, 'late'))).toEqual([
      'close 1000',
    ])
  })

  test.for([1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
    'may have the code %i',
    async (code, { expect }) => {
      expect(await talk(closeFrame(code))).toEqual([`close ${code}`])
    },
  )

  test.for([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])(
    'may not have the code %i',
    async (code, { expect }) => {
      expect(await talk(closeFrame(code))).toEqual(['close 1002'])
    },
  )

  test('with half a code, or a reason that is no text, is an error', async ({ expect }) => {
    expect(await talk(frame(OP.close, 'x'))).toEqual(['close 1002'])
    expect(await talk(closeFrame(1000, hex('ce ba e1 bd')))).toEqual(['close 1007'])
  })
})
