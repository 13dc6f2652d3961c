/** What is told of counters that are asked for again and again. */

import { describe, it } from 'vitest'

import { POINTS, Samples, toQuantile } from './samples.js'

/**
 * @param {number} answers
 * @param {number} [failed]
 * @param {number[]} [counts]
 */
const toApp = (answers, failed = 0, counts = [answers, 0, 0]) => ({
  name: 'shop',
  hostname: 'shop.test',
  owner: /** @type {const} */ ('file'),
  state: /** @type {const} */ ('serving'),
  live_instances: 1,
  memory_bytes: 1000,
  memory_percent: 1,
  requests: answers,
  errors: failed,
  answers,
  server_errors: failed,
  answer_times: { bounds_ms: [10, 100], counts },
})

describe('samples', () => {
  it('are differences by the second, and nothing where nothing was', ({ expect }) => {
    const samples = new Samples()
    samples.add(toApp(100), 0)
    expect([samples.last('rate'), samples.last('memory')]).toEqual([null, 1000])
    samples.add(toApp(120, 4, [100, 20, 0]), 2000)
    expect([samples.last('rate'), samples.last('errors')]).toEqual([10, 2])
    expect(samples.last('p99')).toBeCloseTo(99.1)
    samples.add(toApp(120, 4, [100, 20, 0]), 4000)
    expect([samples.last('rate'), samples.last('p99')]).toEqual([0, null])
  })

  it('begin anew with the server, and say nothing of a moment', ({ expect }) => {
    const samples = new Samples()
    samples.add(toApp(100), 0)
    samples.add(toApp(5), 2000)
    expect(samples.series.rate).toEqual([])
    samples.add(toApp(6), 2100)
    expect(samples.series.rate).toEqual([])
    samples.add(toApp(9), 4000)
    expect(samples.series.rate).toEqual([2])
  })

  it('are bounded', ({ expect }) => {
    const samples = new Samples()
    for (let i = 0; i < 200; i++) samples.add(toApp(i), i * 2000)
    expect(samples.series.rate.length).toBe(POINTS)
  })
})

describe('a quantile', () => {
  it('lies within its bucket, and never beyond the last bound', ({ expect }) => {
    expect(toQuantile(0.5, [10, 0, 0], [10, 100])).toBe(5)
    expect(toQuantile(0.99, [0, 100, 0], [10, 100])).toBeCloseTo(99.1)
    expect(toQuantile(0.99, [0, 0, 5], [10, 100])).toBe(100)
    expect(toQuantile(0.99, [0, 0, 0], [10, 100])).toBeNull()
  })
})
