import { describe, test } from 'vitest'

import { EventStream } from './event-stream.ts'
import type { StreamMessage } from './event-stream.ts'

function read(chunks: readonly Uint8Array[], id?: string) {
  const messages: StreamMessage[] = []
  const retries: number[] = []
  const port = {
    message: (each: StreamMessage) => messages.push(each),
    retry: (ms: number) => retries.push(ms),
  }
  const stream = new EventStream(port, id)
  for (const chunk of chunks) stream.feed(chunk)
  return { messages, retries, lastEventId: stream.lastEventId }
}

const bytes = (text: string) => new TextEncoder().encode(text)
const message = (data: string, rest = {}) => ({ type: 'message', data, lastEventId: '', ...rest })

describe('an event stream', () => {
  test.for<[stream: string, messages: object[]]>([
    ['data:a\n\n', [message('a')]],
    ['data: a\n\n', [message('a')]],
    ['data:  a \n\n', [message(' a ')]],
    ['data:\ta\n\n', [message('\ta')]],
    ['data:a\ndata\ndata:b\n\n', [message('a\n\nb')]],
    ['data\n\n', [message('')]],
    ['data\ndata\n\n', [message('\n')]],
    ['data:\n\ndata\ndata\n\ndata:test', [message(''), message('\n')]],
    ['\n\n:\n\n: a comment\ndata:a\n\n', [message('a')]],
    ['data:a:b\n\n', [message('a:b')]],
    ['data:a', []],
    ['data:a\n', []],
    ['event:x\ndata:a\n\ndata:b\n\n', [message('a', { type: 'x' }), message('b')]],
    ['event:x\n\ndata:b\n\n', [message('b')]],
    ['event:x\nevent\ndata:b\n\n', [message('b')]],
    ['id:1\ndata:a\n\ndata:b\n\n', [message('a', { lastEventId: '1' }), message('b', { lastEventId: '1' })]],
    ['id:1\n\ndata:a\n\n', [message('a', { lastEventId: '1' })]],
    ['id:1\nid\ndata:a\n\n', [message('a')]],
    ['id:1\nid:2\0\ndata:a\n\n', [message('a', { lastEventId: '1' })]],
    ['data:a\0b\n\n', [message('a\0b')]],
    ['Data:a\ndata :b\n data:c\njustsome\ndata:d\n\n', [message('d')]],
    [
      'data:a\r\rdata:b\r\n\r\ndata:c\n\r\ndata:d\r\n\n',
      [message('a'), message('b'), message('c'), message('d')],
    ],
    ['data:a\r\rdata:b\r\n\n', [message('a'), message('b')]],
    ['data:ä\u2028😀\v\f\u0085\n\n', [message('ä\u2028😀\v\f\u0085')]],
    ['\u{feff}data:a\n\n\u{feff}data:b\n\n', [message('a')]],
    ['\u{feff}\u{feff}data:a\n\ndata:b\n\n', [message('b')]],
  ])('%j, whatever its pieces', ([text, expected], { expect }) => {
    const whole = bytes(text)
    expect(read([whole]).messages).toEqual(expected)
    expect(read(Array.from(whole, (byte) => Uint8Array.of(byte))).messages).toEqual(expected)
    for (let at = 1; at < whole.length; at++) {
      expect(read([whole.subarray(0, at), whole.subarray(at)]).messages).toEqual(expected)
    }
  })

  test('a message is there with the CR that ends it, not with what comes next', ({ expect }) => {
    expect(read([bytes('data:a\r\r')]).messages).toEqual([message('a')])
  })

  test('retry is a number in digits alone', ({ expect }) => {
    expect(read([bytes('retry:10\nretry:1x\nretry:-1\nretry: 20\nretry\nretry:1.5\n')]).retries).toEqual([
      10, 20,
    ])
  })

  test('the id is that of the last block, and the one before the stream until then', ({ expect }) => {
    expect(read([bytes('data:a\n\n')], 'old')).toMatchObject({
      messages: [message('a', { lastEventId: 'old' })],
      lastEventId: 'old',
    })
    expect(read([bytes('id:new\n')], 'old').lastEventId).toBe('old')
    expect(read([bytes('id:new\n\n')], 'old').lastEventId).toBe('new')
  })
})
