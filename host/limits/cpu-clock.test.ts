/** What a turn is charged: work counts, waiting for the processor does not. */
import { describe, it } from 'vitest'
import { CpuClock } from './cpu-clock.ts'

describe('a turn', () => {
  it('is not charged for the time in which its thread did not run', ({ expect }) => {
    const clock = new CpuClock()
    clock.begin()
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    expect(clock.measure(200)).toBeLessThan(100)
  })

  it('is charged for work', ({ expect }) => {
    const clock = new CpuClock()
    const before = process.threadCpuUsage()
    clock.begin()
    let used = 0
    while (used < 60_000) {
      const { user, system } = process.threadCpuUsage(before)
      used = user + system
    }
    expect(clock.measure(10_000)).toBeGreaterThan(40)
  })

  it('counts by the time of day when it is short', ({ expect }) => {
    const clock = new CpuClock()
    clock.begin()
    expect(clock.measure(3.5)).toBe(3.5)
  })
})
