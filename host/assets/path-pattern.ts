/**
 * Patterns of paths in `_headers` and `_redirects`: a `*` once, which stands for any text, and `:name`, which stands for a
 * part of a segment that is not empty. Segments are compared one by one, and the names of one from its end, so that no
 * pattern takes longer than its path is:
 *
 *     /news/:year-:month/*.html    head: news, :year-:month    the one with the star: any text before .html    tail: none
 *
 * Pure.
 */

/** What the star and the names stand for. */
export type Captures = Readonly<Record<string, string>>

export type PathPattern = (path: string) => Captures | undefined

/** Texts, and between each two of them a name. */
interface Segment {
  readonly texts: readonly string[]
  readonly names: readonly string[]
  /** What a name may not stand for. */
  readonly isStop: (value: string) => boolean
}

const SPLAT = 'splat'
const NAME = /:([A-Za-z]\w*)/
const NAMES = /:([A-Za-z]\w*)/g
/** Of `https://host/path`, split at its slashes. */
const HOST_AT = 2

/** Undefined: the text is no pattern. `isAbsolute`: it begins with a scheme and a host, of which a name has one label. */
export function parsePathPattern(text: string, isAbsolute = false): PathPattern | undefined {
  const segments = text.split('/').map((part, i) => parseSegment(part, isAbsolute && i === HOST_AT))
  const names = segments.flatMap((segment) => segment.names)
  if (new Set(names).size < names.length || text.split('*').length > 2) return undefined
  const at = text.split('/').findIndex((part) => part.includes('*'))
  if (at < 0) return (path) => matchAll(segments, path.split('/'))
  const [head, star, tail] = [segments.slice(0, at), segments[at]!, segments.slice(at + 1)]
  // how much of it is the star's nobody could say
  if (star.names.length > 1) return undefined
  return (path) => {
    const parts = path.split('/')
    if (parts.length < segments.length) return undefined
    const end = parts.length - tail.length
    const first = matchAll(head, parts.slice(0, at))
    const middle = first && matchStar(star, parts.slice(at, end).join('/'))
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

function parseSegment(text: string, isHost: boolean): Segment {
  const names = Array.from(text.matchAll(NAMES), ([, name]) => name!)
  const texts = text.split(/:[A-Za-z]\w*/)
  const isStop = (value: string) => isHost && value.includes('.')
  if (!text.includes('*')) return { texts, names, isStop }
  return { texts: texts.flatMap((each) => each.split('*')), names: [...names, SPLAT], isStop }
}

function matchAll(segments: readonly Segment[], parts: readonly string[]): Captures | undefined {
  if (segments.length !== parts.length) return undefined
  const captures: Record<string, string> = {}
  for (const [i, segment] of segments.entries()) {
    const found = matchSegment(segment, parts[i]!)
    if (found === undefined) return undefined
    Object.assign(captures, found)
  }
  return captures
}

/** From the end, each text at its last place: the first name gets the most that it can have. */
function matchSegment({ texts, names, isStop }: Segment, text: string): Captures | undefined {
  const first = texts[0]!
  if (names.length === 0) return text === first ? {} : undefined
  const captures: Record<string, string> = {}
  let end = text.length
  for (let i = names.length; i > 0; i--) {
    const after = texts[i]!
    const isLast = i === names.length
    const from = isLast ? end - after.length : text.lastIndexOf(after, end - after.length - 1)
    if (from < first.length + 1 || (isLast && !text.endsWith(after))) return undefined
    if (!isLast) captures[names[i]!] = text.slice(from + after.length, end)
    end = from
  }
  captures[names[0]!] = text.slice(first.length, end)
  const isWhole =
    text.startsWith(first) && Object.values(captures).every((value) => value !== '' && !isStop(value))
  return isWhole ? captures : undefined
}

function matchStar({ texts: [before = '', after = ''] }: Segment, text: string): Captures | undefined {
  const isFound =
    text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
  return isFound ? { [SPLAT]: text.slice(before.length, text.length - after.length) } : undefined
}
