/** What a registry wants to see before it answers: `WWW-Authenticate` (RFC 9110, 11.6.1). Pure. */

export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** By their names in lower case. */
  readonly parameters: Readonly<Record<string, string>>
}

const MOST_CHARACTERS = 8192
/** A scheme, or a parameter: the latter has a "=". */
const PART = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w-]+)))?/y

/** The challenges of a header's lines; what is malformed ends the list. */
export function parseChallenges(lines: string | readonly string[] | undefined): readonly Challenge[] {
  const text = [lines ?? []].flat().join(', ').slice(0, MOST_CHARACTERS)
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  PART.lastIndex = 0
  for (let part = PART.exec(text); part !== null; part = PART.exec(text)) {
    const [, name = '', quoted, token] = part
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? token
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: Object.create(null) })
    else {
      const last = challenges.at(-1)
      if (last === undefined) break
      last.parameters[name.toLowerCase()] ??= value
    }
  }
  return challenges
}
