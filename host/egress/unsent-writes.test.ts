/** A stream that is full of small writes says so, and goes on when they are sent. */
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { describe, test } from 'vitest'

import { boundUnsentWrites } from './unsent-writes.ts'

/** Takes what is written when it is told to. */
function openStream(): { stream: Writable; takeAll: () => void; taken: () => number } {
  let isOpen = false
  let taken = 0
  let next = (): void => undefined
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      taken++
      if (isOpen) done()
      else next = done
    },
  })
  boundUnsentWrites(stream)
  return { stream, takeAll: () => ((isOpen = true), next()), taken: () => taken }
}

describe('a stream whose far side takes nothing', () => {
  test('is full after so many writes, however small they are, until all of them are sent', async ({
    expect,
  }) => {
    const { stream, takeAll, taken } = openStream()
    let writes = 1
    while (stream.write('x')) writes++
    expect(writes).toBe(64)
    expect(stream.write('x')).toBe(false)
    const drained = once(stream, 'drain')
    takeAll()
    await drained
    expect([taken(), stream.write('x')]).toEqual([65, true])
  })

  test('is full by its bytes as before', async ({ expect }) => {
    const { stream, takeAll } = openStream()
    expect(stream.write('x'.repeat(stream.writableHighWaterMark))).toBe(false)
    const drained = once(stream, 'drain')
    takeAll()
    await drained
    expect(stream.write('x')).toBe(true)
  })

  test('does not drain when it breaks', async ({ expect }) => {
    const { stream } = openStream()
    let drained = 0
    stream.on('drain', () => drained++).on('error', () => undefined)
    while (stream.write('x'));
    stream.destroy(new Error('gone'))
    await new Promise((closed) => stream.on('close', closed))
    await new Promise((later) => setImmediate(later))
    expect(drained).toBe(0)
  })
})
