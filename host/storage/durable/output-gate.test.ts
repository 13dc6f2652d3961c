/** What passes the gate: in order, when what was written before it is stored, and never when that is lost. */

import { array, assert, constantFrom, property } from 'fast-check'
import { describe, test } from 'vitest'

import { OutputGate } from './output-gate.ts'

describe('what leaves an object', () => {
  test('waits for the commits before it alone, in order, whatever comes when', ({ expect }) => {
    assert(
      property(array(constantFrom('pass', 'close', 'stored'), { maxLength: 60 }), (steps) => {
        const gate = new OutputGate()
        const commits: (() => void)[] = []
        const [passed, model]: [number[], { number: number; after: number }[]] = [[], []]
        let stored = 0
        for (const [number, step] of steps.entries()) {
          if (step === 'close') commits.push(gate.close())
          else if (step === 'stored' && stored < commits.length) commits[stored++]!()
          else if (step === 'pass') {
            model.push({ number, after: commits.length })
            gate.pass(
              () => passed.push(number),
              () => expect.unreachable(),
            )
          }
          expect(gate.isOpen).toBe(stored === commits.length)
          expect(passed).toEqual(model.filter(({ after }) => after <= stored).map((each) => each.number))
        }
      }),
    )
  })

  test('is gone with what it waits for, and who sent it is told', ({ expect }) => {
    const gate = new OutputGate()
    const said: string[] = []
    const pass = (name: string): void =>
      gate.pass(
        () => said.push(name),
        () => said.push(`${name} dropped`),
      )
    pass('first')
    const stored = gate.close()
    pass('second')
    gate.drop()
    pass('third')
    stored()
    expect([said, gate.isOpen]).toEqual([['first', 'second dropped', 'third dropped'], false])
  })
})
