/**
 * What undici's `fetch` adds to a request as a browser would, and an app's request does not have: whoever is asked must
 * not take an app for a browser or for the library. What the app says of these goes out as it is. Pure.
 */

/** Stands for a header that is not to go out: one that has a value is not added. */
const ABSENT = 'nano-absent'

const PLACED = ['accept', 'accept-language', 'user-agent']
/** Added whatever the request has. */
const MODE = 'sec-fetch-mode'

/** Headers to which nothing is added. */
export function withPlaceholders(headers: readonly [string, string][]): [string, string][] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const missing = PLACED.filter((name) => !names.has(name))
  return [...headers, ...missing.map((name): [string, string] => [name, ABSENT])]
}

/** The headers that are meant, by name. */
export function withoutAdded<T extends object>(headers: T): T {
  const own = Object.entries(headers).filter(([name, value]) => name !== MODE && value !== ABSENT)
  return Object.fromEntries(own) as T
}
