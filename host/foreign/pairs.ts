/** Headers between lists of the host (http/header-lines.ts) and the pairs of a frame. */

import type { HeaderPair } from './frame.ts'

export function toPairs(list: readonly string[]): HeaderPair[] {
  const pairs: HeaderPair[] = []
  for (let i = 0; i + 1 < list.length; i += 2) pairs.push([list[i]!, list[i + 1]!])
  return pairs
}
