/**
 * The two forms in which the host has headers, and the way between them. Pure.
 *
 *     list     ['Host', 'a.test', 'X-B', '1']     as Node's `rawHeaders`: name and value in turn, in wire order
 *     lines    'host\na.test\nx-b\n1\n'           as the guest gets and gives them (wit/), one string for all
 *
 * A line holds no LF: Node's parser refuses one in what comes from outside, and whoever takes lines from a guest checks
 * each value.
 */

/** One header, as lines. */
export function toHeaderLines(name: string, value: string): string {
  return `${name}\n${value}\n`
}

/** Lines as a list; undefined when they are no pairs. The last LF may be missing. */
export function parseHeaderLines(lines: string): string[] | undefined {
  if (lines === '') return []
  const list = lines.split('\n')
  if (list.length % 2 === 0) return list
  return list.pop() === '' ? list : undefined
}

/**
 * Tells, without taking lines apart, whether one of these headers may be among them: also where a value reads like its name.
 * `names`: in lower case, as those of the lines.
 */
export function toNameTest(names: Iterable<string>): (lines: string) => boolean {
  const named = new RegExp(`(?:^|\\n)(?:${[...names].join('|')})\\n`)
  return (lines) => named.test(lines)
}

/** Every value of a header. `name`: in lower case. */
export function toValues(list: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (isNamed(list[i]!, name)) values.push(list[i + 1]!)
  }
  return values
}

/** The value of a header that is there exactly once. `name`: in lower case. */
export function toOnlyValue(list: readonly string[], name: string): string | undefined {
  let only: string | undefined
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (!isNamed(list[i]!, name)) continue
    if (only !== undefined) return undefined
    only = list[i + 1]!
  }
  return only
}

/** The lengths first: this is asked for every header of every request. */
function isNamed(name: string, lower: string): boolean {
  return name.length === lower.length && name.toLowerCase() === lower
}
