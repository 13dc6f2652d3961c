/**
 * Finds the place of a top level that the engine cannot survive. Reading random values or the time there ends the
 * engine without a JavaScript stack. When that happened, the build runs once more with these functions replaced by ones
 * that throw: the second failure has a stack. Its output is never used.
 */

const MESSAGE =
  'cannot be used at the top level, which runs once, when the app is built; use it inside the fetch handler'

/** Owner, as an expression, and its functions or getters. */
const SUSPECTS = [
  ['Math', ['random']],
  ['Crypto.prototype', ['getRandomValues', 'randomUUID']],
  ['performance', ['now', 'timeOrigin', 'mark', 'measure']],
] as const

/** The shim, which runs first, with suspects that throw before it looks at them. */
export function withSuspects(shim: string): string {
  const traps = SUSPECTS.flatMap(([owner, names]) =>
    names.map((name) => {
      const thrower = `()=>{throw new TypeError(${JSON.stringify(`${name} ${MESSAGE}`)})}`
      return `try{Object.defineProperty(${owner},'${name}',{configurable:true,get:${name === 'timeOrigin' ? thrower : `()=>${thrower}`},set(){}})}catch{}`
    }),
  )
  return `${traps.join(';')};${shim}`
}
