/**
 * Gives an app the engine's set of rejected promises that nobody handles. The engine keeps it, tells nobody and never
 * empties it; no function reaches it, but a pointer does. It is a root of the collector, and the shim has left a place for
 * it: an array with a set of its own between two numbers that are nowhere else.
 *
 *     place:  number  object  number        the object is a set: it has the shape of all sets
 *     root:   next  previous  false  pointer        a link of a list; its neighbours point back
 *
 * What stands in the place afterwards the collector treats as any other reference. The set is older than the place, so it
 * is never younger to the collector. When there is not exactly one such root, nothing is changed and the shim has a set
 * that stays empty.
 */

/** As in `guest-shim/turn/rejections.ts`. */
const MARKS = new Uint32Array(new Float64Array([Math.PI * 1e100, Math.E * 1e100]).buffer)
/** Of a value that is an object, above its address. */
const OBJECT_TAG = 0xff_ff_ff_8c
/** Nothing lies below. */
const FIRST_ADDRESS = 1024

/** Returns whether it was found. `memory`: as the app's top level left it. */
export function exposeRejections(memory: ArrayBuffer): boolean {
  const words = new Uint32Array(memory)
  const places = findPlaces(words)
  const [first] = places
  if (first === undefined) return false
  const shape = at(words, words[first] as number)
  const roots = findRoots(words, shape)
  const [root] = roots
  if (roots.length !== 1 || root === undefined) return false
  for (const place of places) words[place] = root
  return true
}

/** Where the addresses of the shim's set are; the collector may have left copies. */
function findPlaces(words: Uint32Array): number[] {
  const places: number[] = []
  const [low, high, nextLow, nextHigh] = MARKS
  for (let i = 0; i + 5 < words.length; i += 2) {
    if (words[i] !== low || words[i + 1] !== high) continue
    if (words[i + 4] === nextLow && words[i + 5] === nextHigh && words[i + 3] === OBJECT_TAG)
      places.push(i + 2)
  }
  return places
}

/** What the roots that refer to an object of this shape refer to. */
function findRoots(words: Uint32Array, shape: number): number[] {
  const found: number[] = []
  for (let i = 3; i < words.length; i++) {
    const object = words[i] as number
    if (object < FIRST_ADDRESS || object % 8 !== 0 || at(words, object) !== shape) continue
    const link = (i - 3) * 4
    const [next, previous] = [words[i - 3] as number, words[i - 2] as number]
    if (at(words, next + 4) === link && at(words, previous) === link) found.push(object)
  }
  return found
}

const at = (words: Uint32Array, address: number) => words[address >>> 2] as number
