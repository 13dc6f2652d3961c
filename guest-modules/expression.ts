/**
 * What the build makes of a regular expression that the engine lacks something for: another one that matches the same, and
 * shows itself as what it was in the app's own code (host/build/regex.ts).
 */

import { door, type ModuleDoor } from './door.ts'

/** None in a shim that has nothing but a world. */
const shim = door as ModuleDoor | undefined

export default function expression(made: RegExp, source: string, flags: string): RegExp {
  return shim === undefined ? made : shim.keepGiven(made, source, flags)
}
