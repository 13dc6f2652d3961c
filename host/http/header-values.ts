/** Headers of a request by name, for whoever asks for several of them. Pure. */

import { parseHeaderLines, toValues } from './header-lines.ts'

/** The value of a header, those of several joined; undefined: there is none. `name`: in lower case. */
export type HeaderOf = (name: string) => string | undefined

/** `lines`: as of header-lines.ts. */
export function toHeaderOf(lines: string): HeaderOf {
  const list = parseHeaderLines(lines) ?? []
  return (name) => {
    const values = toValues(list, name)
    return values.length === 0 ? undefined : values.join(', ')
  }
}
