/** Whether two servers answer alike: pages and what they lead to, files, what is not there, and what methods and conditions do. */

import { send } from '../../harness/http.ts'
import type { Answer, Sent } from '../../harness/http.ts'

export interface Request extends Omit<Sent, 'host'> {
  /** What changes from one answer to the next, and stands for nothing. */
  readonly varies?: RegExp
}

/** What is compared of a head. Lengths and ranges come from elsewhere: a proxy before wrangler's own server takes them away. */
const HEADERS = [
  'cache-control',
  'content-type',
  'content-disposition',
  'etag',
  'link',
  'location',
  'set-cookie',
  'vary',
  'x-robots-tag',
  'access-control-allow-origin',
]
/** What leads to more of the same site. */
const LINKS = /(?:href|src|action|component-url|renderer-url)="(\/(?!\/)[^"#]*)/g
const IMPORTS = /(?:import|from)\s*\(?"(\.{0,2}\/[^"]+)"/g
const MOST = 300

/** A line for each difference. `first`: what is asked besides what pages lead to. */
export async function compare(
  ours: number,
  theirs: number,
  first: readonly Request[],
): Promise<{ readonly asked: number; readonly differences: readonly string[] }> {
  const differences: string[] = []
  const waiting = [...first]
  const seen = new Set<string>()
  for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
    const key = JSON.stringify(request)
    if (seen.has(key) || seen.size >= MOST) continue
    seen.add(key)
    // oxlint-disable-next-line no-await-in-loop -- pages lead to others
    const [own, other] = await Promise.all([ask(ours, request), ask(theirs, request)])
    const { method = 'GET', path } = request
    for (const line of toDifferences(own, other, request)) differences.push(`${method} ${path}: ${line}`)
    if (method === 'GET' && other.status === 200) {
      const { varies } = request
      for (const next of toLinks(other, path)) waiting.push(varies ? { path: next, varies } : { path: next })
    }
  }
  return { asked: seen.size, differences }
}

function ask(port: number, { varies: _varies, ...request }: Request): Promise<Answer> {
  // the same host for both: it is part of what apps answer
  return send(port, { host: 'site.localhost', ...request })
}

function toDifferences(own: Answer, other: Answer, { varies }: Request): string[] {
  if (own.status !== other.status)
    return [`status ${own.status}, there ${other.status}: ${own.text.slice(0, 300)}`]
  const same = (text: string) => (varies === undefined ? text : text.replaceAll(varies, '~'))
  const heads = HEADERS.flatMap((name) => {
    const [mine, its] = [own, other].map(({ headers }) => same(toValue(name, headers[name])))
    return mine === its ? [] : [`${name}: ${mine}, there ${its}`]
  })
  const [mine, its] = [own, other].map(({ text }) => same(text))
  return mine === its ? heads : [...heads, `body: ${toPlace(mine!, its!)}`]
}

function toValue(name: string, value: string | string[] | undefined): string {
  // of two servers no hash is the same, and what has one here has one there
  if (name === 'etag') return value === undefined ? 'none' : 'one'
  const text = value?.toString() ?? 'none'
  return name === 'content-type' ? text.toLowerCase().replace('; ', ';') : text
}

function toPlace(mine: string, its: string): string {
  let at = 0
  while (at < mine.length && mine[at] === its[at]) at++
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 30), at + 80))
  return `${around(mine)}, there ${around(its)}`
}

function toLinks({ text, headers }: Answer, path: string): string[] {
  const type = headers['content-type'] ?? ''
  if (type.includes('html'))
    return Array.from(text.matchAll(LINKS), ([, link]) => link!.replaceAll('&amp;', '&'))
  if (!type.includes('javascript')) return []
  return Array.from(text.matchAll(IMPORTS), ([, link]) => new URL(link!, `http://a${path}`).pathname)
}
