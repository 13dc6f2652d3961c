/**
 * What `.env` files say of each other, as wrangler reads them: `$NAME`, `${NAME}`, `${NAME:-what holds without}`, and `\$` for the
 * sign itself. A name that they do not have is nothing; one that leads back to itself is, too.
 */

import { invalid } from './file.ts'

type Vars = Readonly<Record<string, string>>

const REFERENCE = /\\\$|\$\{(?<braced>\w+)(?::?-(?<otherwise>[^}]*))?\}|\$(?<plain>\w+)/g
/** Of one value: a few lines can ask for more than there is memory. */
const LONGEST = 1024 * 1024

/** Throws WRANGLER_INVALID for a value that is too long. */
export function expandVars(vars: Vars): Vars {
  const done = new Map<string, string>()
  const toValue = (name: string): string => {
    const known = done.get(name)
    if (known !== undefined || !Object.hasOwn(vars, name)) return known ?? ''
    // whoever asks for it meanwhile comes from itself
    done.set(name, '')
    let length = 0
    const value = vars[name]!.replaceAll(
      REFERENCE,
      (text, braced?: string, otherwise = '', plain?: string) => {
        if (text === '\\$') return '$'
        const referred = toValue(braced ?? plain ?? '') || otherwise
        length += referred.length
        if (length > LONGEST) throw invalid(`${name}: expected at most ${LONGEST} characters, got more`)
        return referred
      },
    )
    done.set(name, value)
    return value
  }
  return Object.fromEntries(Object.keys(vars).map((name) => [name, toValue(name)]))
}
