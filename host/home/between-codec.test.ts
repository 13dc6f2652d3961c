import { describe, test } from 'vitest'

import { decodeBetween, encodeBetween } from './between-codec.ts'
import type { Between } from './messages.ts'

const cost = { cpuMs: 1.5, isCold: true }
const request: Between = {
  type: 'request',
  number: 1,
  deployment: 0,
  object: undefined,
  head: {
    id: 'a-1',
    client: 'app x',
    method: 'POST',
    url: 'https://x.example/',
    headers: '',
    hasBody: true,
    smallBody: new Uint8Array([1, 2, 3]),
    call: { app: 'a', called: 'b', entrypoint: '', props: '', depth: 1, message: new Uint8Array(0) },
  },
  isUpgrade: false,
  trace: undefined,
}
const ALL: readonly Between[] = [
  request,
  { ...request, object: { className: 'Room', id: 'a1'.repeat(32), name: 'lobby' } },
  { type: 'chunk', number: 1, bytes: new Uint8Array([0, 255]), isLast: true },
  { type: 'send', number: 1, status: 200, headers: new Uint8Array(0), body: new Uint8Array([9]), cost },
  { type: 'fail', number: 2, code: 'APP_THREW', retryMs: undefined, cost },
  { type: 'line-message', numbers: [2, 3], isToHome: false, isText: true, bytes: new Uint8Array([65]) },
  { type: 'line-closed', numbers: [2], isToHome: true, end: { code: 1000, reason: '' } },
  { type: 'bye' },
]

/** As JSON says it. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? [...each] : each)))

describe('messages between hosts', () => {
  test('come as they went', ({ expect }) => {
    expect(plain(decodeBetween(encodeBetween(ALL)))).toEqual(plain(ALL))
  })

  test.for([
    ['no list', { type: 'bye' }],
    ['a type that there is not', [{ type: 'toString', number: 1 }]],
    ['no number', [{ type: 'gone' }]],
    ['a text where bytes are', [{ type: 'chunk', number: 1, bytes: 'x', isLast: true }]],
    ['a code that there is not', [{ type: 'fail', number: 1, code: '__proto__', cost }]],
    ['a status that is none', [{ type: 'start', number: 1, status: 99, headers: new Uint8Array(0), cost }]],
    ['a cost below nothing', [{ type: 'finish', number: 1, cost: { cpuMs: -1, isCold: false } }]],
    ['a request that is no call', [{ ...request, head: { ...request.head, call: undefined } }]],
    ['an id that goes on in another line', [{ ...request, head: { ...request.head, id: 'a\nb' } }]],
    ['an object whose id is none', [{ ...request, object: { className: 'Room', id: '../x' } }]],
    ['a URL that is none', [{ ...request, head: { ...request.head, url: 'x' } }]],
    ['a WebSocket without a number', [{ type: 'line-taken', numbers: ['1'], isToHome: true, bytes: 1 }]],
    ['bytes that are not there', [{ type: 'write', number: 1, bytes: { $: 7 } }]],
  ] as const)('%s is refused', ([, messages], { expect }) => {
    expect(() => decodeBetween(encodeBetween(messages as never))).toThrow()
  })

  test('whatever is changed in a frame, it is read or refused', ({ expect }) => {
    const frame = encodeBetween(ALL)
    let seed = 1
    const next = (most: number): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) % most
    for (let i = 0; i < 5000; i++) {
      const changed = new Uint8Array(frame.subarray(0, next(4) === 0 ? next(frame.length) : frame.length))
      for (let n = next(4); n >= 0 && changed.length > 0; n--) changed[next(changed.length)] = next(256)
      try {
        for (const { type } of decodeBetween(changed)) expect(typeof type).toBe('string')
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
  })
})
