/**
 * Patterns of paths in `_headers` and `_redirects`: a `*` once, which stands for any text, and `:name` in a segment, which
 * stands for one that is not empty. Segments are compared one by one, so that no pattern takes longer than its path is:
 *
 *     /news/:year/*.html      head: news, :year   the one with the star: any text before .html   tail: none
 *
 * Pure.
 */

/** What the star and the names stand for. */
export type Captures = Readonly<Record<string, string>>

export type PathPattern = (path: string) => Captures | undefined

/** A segment: text, or text around a name or a star. */
interface Segment {
  readonly before: string
  readonly name: string | undefined
  readonly after: string
}

const SPLAT = 'splat'
const NAME = /:([A-Za-z]\w*)/
const NAMES = /:([A-Za-z]\w*)/g

/** Undefined: the text is no pattern. */
export function parsePathPattern(text: string): PathPattern | undefined {
  const stars = text.split('*').length - 1
  if (stars > 1) return undefined
  const segments: Segment[] = []
  for (const part of text.split('/')) {
    const segment = parseSegment(part)
    if (segment === undefined) return undefined
    segments.push(segment)
  }
  const at = segments.findIndex(({ name }) => name === SPLAT)
  if (at < 0) return (path) => matchAll(segments, path.split('/'))
  const [head, star, tail] = [segments.slice(0, at), segments[at]!, segments.slice(at + 1)]
  return (path) => {
    const parts = path.split('/')
    if (parts.length < segments.length) return undefined
    const end = parts.length - tail.length
    const first = matchAll(head, parts.slice(0, at))
    const middle = first && matchSegment(star, parts.slice(at, end).join('/'), true)
    const last = middle && matchAll(tail, parts.slice(end))
    return last && { ...first, ...middle, ...last }
  }
}

/** The text with what its names stand for; names of which nothing is known stay. */
export function fill(text: string, captures: Captures): string {
  return text.replaceAll(NAMES, (whole, name: string) =>
    Object.hasOwn(captures, name) ? captures[name]! : whole,
  )
}

/** Whether captures say something about the text. */
export function hasNames(text: string): boolean {
  return NAME.test(text)
}

function parseSegment(text: string): Segment | undefined {
  const star = text.indexOf('*')
  const name = NAME.exec(text)
  if (star >= 0) {
    if (name !== null) return undefined
    return { before: text.slice(0, star), name: SPLAT, after: text.slice(star + 1) }
  }
  if (name === null) return { before: text, name: undefined, after: '' }
  const after = text.slice(name.index + name[0].length)
  // which of two names has which part of a segment nobody could say
  return NAME.test(after) ? undefined : { before: text.slice(0, name.index), name: name[1]!, after }
}

function matchAll(segments: readonly Segment[], parts: readonly string[]): Captures | undefined {
  if (segments.length !== parts.length) return undefined
  const captures: Record<string, string> = {}
  for (const [i, segment] of segments.entries()) {
    const found = matchSegment(segment, parts[i]!, false)
    if (found === undefined) return undefined
    Object.assign(captures, found)
  }
  return captures
}

function matchSegment(
  { before, name, after }: Segment,
  text: string,
  mayBeEmpty: boolean,
): Captures | undefined {
  if (name === undefined) return text === before ? {} : undefined
  const least = before.length + after.length + (mayBeEmpty ? 0 : 1)
  if (text.length < least || !text.startsWith(before) || !text.endsWith(after)) return undefined
  return { [name]: text.slice(before.length, text.length - after.length) }
}
