/** A drain whose target is slow, fails or refuses. */

import { describe, it } from 'vitest'

import { Drain } from './drain.ts'
import type { DrainTarget } from './drain.ts'

/** A target that answers as it is told to, once for each. */
function open(...outcomes: ('taken' | 'refused' | 'fails')[]) {
  const sent: string[] = []
  const trouble: string[] = []
  const asked = { promise: Promise.resolve(), resolve: () => {} }
  const waiting: (() => void)[] = []
  const target: DrainTarget = {
    async send(lines) {
      sent.push(lines)
      waiting.splice(0).forEach((resolve) => resolve())
      const outcome = outcomes.shift() ?? 'taken'
      await asked.promise
      if (outcome === 'fails') throw new Error('no way')
      return outcome
    },
  }
  const drain = new Drain(target, { onTrouble: (text) => void trouble.push(text), waitMs: 5 })
  const write = (text: string) => drain.write({ time: 0, level: 'info', app: 'a', text })
  const next = () => new Promise<void>((resolve) => waiting.push(resolve))
  return { drain, write, sent, trouble, next, asked }
}

const texts = (lines: string) =>
  lines.split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { msg: string }).msg]))

describe('a drain', () => {
  it('sends what comes together at once, in order', async ({ expect }) => {
    const { drain, write, sent, next } = open()
    const asked = next()
    for (const text of ['1', '2', '3']) write(text)
    await asked
    expect(sent.map(texts)).toEqual([['1', '2', '3']])
    write('4')
    await drain.close()
    write('5')
    expect(sent.map(texts)).toEqual([['1', '2', '3'], ['4']])
  })

  it('tries again what failed, says so once, and gives up what is refused', async ({ expect }) => {
    const { drain, write, sent, trouble, next } = open('fails', 'fails', 'taken', 'refused')
    write('1')
    await next()
    await next()
    await next()
    write('2')
    await drain.close()
    write('3')
    expect(sent.map(texts)).toEqual([['1'], ['1'], ['1'], ['2']])
    expect(trouble).toEqual(['no way', 'refused what was sent'])
  })

  it('holds a bounded part of what a target does not take, and says there what it dropped', async ({
    expect,
  }) => {
    const { drain, write, sent, asked } = open()
    const gate = Promise.withResolvers<void>()
    asked.promise = gate.promise
    for (let i = 0; i < 5000; i++) write('x'.repeat(1000))
    gate.resolve()
    await drain.close()
    const all = sent.flatMap(texts)
    const kept = all.filter((text) => text.startsWith('x')).length
    expect(kept).toBeLessThan(1100)
    const [said] = all.flatMap((text) => /^(\d+) log entries were dropped/.exec(text)?.[1] ?? [])
    expect(kept + Number(said)).toBe(5000)
    expect(Math.max(...sent.map(({ length }) => length))).toBeLessThan(70 * 1024)
  })

  it('ends although its target fails', async ({ expect }) => {
    const { drain, write, sent } = open('fails', 'fails', 'fails')
    write('1')
    await drain.close()
    expect(sent.length).toBe(1)
  })
})
