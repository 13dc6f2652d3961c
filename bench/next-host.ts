/** Which app is asked next. Pure, and the same in every run. */

/** In turn, or by a random walk in which the app of rank r is asked in proportion to 1/r (Zipf). */
export type Order = 'turn' | 'zipf'

/** Gives an index below `count` each time. */
export function toNext(order: Order, count: number, random = toRandom(1)): () => number {
  return order === 'turn' ? toTurn(count) : toZipf(count, random)
}

function toTurn(count: number): () => number {
  let next = 0
  return () => next++ % count
}

function toZipf(count: number, random: () => number): () => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let rank = 1; rank <= count; rank++) sums[rank - 1] = sum += 1 / rank
  return () => findFirst(sums, random() * sum)
}

/** Index of the first sum that is not below. */
function findFirst(sums: Float64Array, wanted: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}

/** A linear congruential generator modulo 2^32: numbers from 0 to 1. */
export function toRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
