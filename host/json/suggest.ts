/**
 * "Did you mean": the known word nearest to a mistyped one, for configuration keys, commands and flags. Pure. Nothing
 * is suggested when no word is near enough to be what the person meant.
 */

/** The word of `known` that `typed` most likely stands for. */
export function suggest(typed: string, known: Iterable<string>): string | undefined {
  const word = typed.toLowerCase().replaceAll('-', '_')
  let best: string | undefined
  let bestDistance = Math.floor(Math.max(typed.length, 3) / 3) + 1
  for (const candidate of known) {
    const other = candidate.toLowerCase().replaceAll('-', '_')
    const isPart =
      Math.min(word.length, other.length) >= 3 && (word.startsWith(other) || other.startsWith(word))
    const distance = isPart ? 1 : toDistance(word, other)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Damerau-Levenshtein distance in which two swapped neighbours count once. */
function toDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1)
      }
      row.push(cost)
    }
    before = above
    above = row
  }
  return above[b.length]!
}
