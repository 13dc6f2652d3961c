/** Which requests the app itself answers first: patterns of paths with `*` for any text, those behind a `!` never. Pure. */

export const MOST_PATTERNS = 100
const MOST_LENGTH = 100

/** Whether a text is such a pattern. */
export function isFirstPattern(text: string): boolean {
  return /^!?\//.test(text) && text.length <= MOST_LENGTH
}

/** `assets`: the files answer, and nobody else. `either`: a file, or else the app. */
export type Order = 'app' | 'assets' | 'either'

export function toOrder(first: boolean | readonly string[], path: string): Order {
  if (typeof first === 'boolean') return first ? 'app' : 'either'
  const isMatched = (isNegative: boolean) =>
    first.some(
      (each) => each.startsWith('!') === isNegative && isMatch(isNegative ? each.slice(1) : each, path),
    )
  if (isMatched(true)) return 'assets'
  return isMatched(false) ? 'app' : 'either'
}

/** Each text between two stars at its first place: what is left then is the most that can be. */
function isMatch(pattern: string, path: string): boolean {
  const [head = '', ...parts] = pattern.split('*')
  const tail = parts.pop()
  if (tail === undefined) return path === head
  if (path.length < head.length + tail.length || !path.startsWith(head) || !path.endsWith(tail)) return false
  const end = path.length - tail.length
  let at = head.length
  for (const part of parts) {
    const found = path.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
