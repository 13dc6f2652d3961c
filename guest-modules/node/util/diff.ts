/** `util.diff`: how one text, or list of texts, becomes another, by the algorithm of Myers. */

import { invalidType } from '../invalid.ts'

/** 0: in both, 1: only in the first, -1: only in the second. */
type Step = [operation: -1 | 0 | 1, text: string]
type Texts = string | readonly string[]

export function diff(actual: Texts, expected: Texts): Step[] {
  if (Object.is(actual, expected)) return []
  const isList = Array.isArray(actual)
  for (const [name, value] of Object.entries({ actual, expected })) {
    if (isList !== Array.isArray(value) || (!isList && typeof value !== 'string'))
      throw invalidType(name, isList ? 'an instance of Array' : 'of type string', value)
    if (!isList) continue
    for (const [at, each] of (value as readonly unknown[]).entries())
      if (typeof each !== 'string') throw invalidType(`${name}[${at}]`, 'of type string', each)
  }
  return backtrack(trace(actual, expected), actual, expected)
}

/** How far each diagonal leads with so many changes, for each number of them before the last one. */
function trace(actual: Texts, expected: Texts): Int32Array[] {
  const most = actual.length + expected.length
  const reached = new Int32Array(2 * most + 3)
  const levels: Int32Array[] = []
  for (let level = 0; ; level++) {
    levels.push(reached.slice())
    for (let diagonal = -level; diagonal <= level; diagonal += 2) {
      const at = diagonal + most + 1
      const isDown = diagonal === -level || (diagonal !== level && reached[at - 1]! < reached[at + 1]!)
      let x = isDown ? reached[at + 1]! : reached[at - 1]! + 1
      while (x < actual.length && x - diagonal < expected.length && actual[x] === expected[x - diagonal]) x++
      reached[at] = x
      if (x >= actual.length && x - diagonal >= expected.length) return levels
    }
  }
}

function backtrack(levels: readonly Int32Array[], actual: Texts, expected: Texts): Step[] {
  const most = actual.length + expected.length
  const steps: Step[] = []
  let x = actual.length
  let y = expected.length
  for (let level = levels.length - 1; level >= 0; level--) {
    const reached = levels[level]!
    const diagonal = x - y
    const at = diagonal + most + 1
    const isDown = diagonal === -level || (diagonal !== level && reached[at - 1]! < reached[at + 1]!)
    const before = isDown ? diagonal + 1 : diagonal - 1
    const beforeX = reached[before + most + 1]!
    const beforeY = beforeX - before
    while (x > beforeX && y > beforeY) {
      steps.push([0, actual[--x]!])
      y--
    }
    if (level === 0) continue
    if (x > beforeX) steps.push([1, actual[--x]!])
    else steps.push([-1, expected[--y]!])
  }
  return steps.toReversed()
}
