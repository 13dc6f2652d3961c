/** A clock that does not run out on a thread that others keep from running. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, it } from 'vitest'
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { Epoch } from './epoch.ts'
import { ShardClock } from './shard-clock.ts'
import { readThreadId, ThreadTime } from './thread-time.ts'

/** Milliseconds of this thread, however long others keep it from them. */
function work(ms: number): void {
  const { user, system } = process.threadCpuUsage()
  const end = user + system + ms * 1000
  for (let now = 0; now < end;) {
    const used = process.threadCpuUsage()
    now = used.user + used.system
  }
}

function open() {
  const epoch = new Epoch()
  const clock = new ShardClock(epoch.memory)
  const words = new Int32Array(epoch.memory.buffer)
  return { epoch, clock, words }
}

describe.skipIf(readThreadId() === 0)('where the kernel tells', () => {
  it('the time of another thread is known, and nothing of one that is gone', async ({ expect }) => {
    const source = `
      const { parentPort } = require('node:worker_threads')
      parentPort.postMessage(require('node:fs').readlinkSync('/proc/thread-self'))
      parentPort.once('message', () => parentPort.close())`
    const worker = new Worker(source, { eval: true })
    const [link] = (await once(worker, 'message')) as [string]
    const id = Number(link.split('/').at(-1))
    using time = new ThreadTime(id)
    expect(time.readMs()).toBeGreaterThan(0)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage('end')
    await once(worker, 'exit')
    expect([time.readMs(), new ThreadTime(id).readMs(), new ThreadTime(0).readMs()]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('a turn of a thread that did not run goes on', ({ expect }) => {
    const { epoch, clock } = open()
    epoch.begin(100)
    // the time passes, but this thread has none of it
    for (let ms = 0; ms < 500; ms++) clock.advance(1)
    expect(epoch.isOver()).toBe(false)
    // but a thread that stands still is no reason to wait for ever
    for (let ms = 0; ms < 2000; ms++) clock.advance(1)
    expect(epoch.isOver()).toBe(true)
  })

  it('a turn that ran for its time is over', ({ expect }) => {
    const { epoch, clock } = open()
    epoch.begin(100)
    for (let ms = 0; ms < 20; ms++) clock.advance(1)
    let turns = 0
    while (!epoch.isOver() && turns++ < 100) {
      work(10)
      for (let ms = 0; ms < 50; ms++) clock.advance(1)
    }
    // it had 20 ms before, and the kernel may be late
    expect(turns).toBeGreaterThan(4)
    expect(turns).toBeLessThan(20)
  })
})

it('where nobody tells, the time of day counts', ({ expect }) => {
  const { epoch, clock, words } = open()
  words[EPOCH_WORD.thread] = 0
  epoch.begin(100)
  for (let ms = 0; ms < 101; ms++) clock.advance(1)
  expect(epoch.isOver()).toBe(false)
  clock.advance(1)
  expect(epoch.isOver()).toBe(true)
})

it('goes on while no guest runs', ({ expect }) => {
  const { clock, words } = open()
  for (let i = 0; i < 10; i++) clock.advance(5)
  expect(words[EPOCH_WORD.now]).toBe(50)
})
