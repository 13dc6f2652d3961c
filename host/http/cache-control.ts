/** Directives of `Cache-Control` (RFC 9111 5.2), by their names in lower case; one without a value has an empty one. Pure. */

export type Directives = ReadonlyMap<string, string>

/** A name, and a token or a quoted text behind it. */
const DIRECTIVE = /([!#$%&'*+\-.^_`|~0-9a-z]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]*)))?[^,]*/gi

/** The first one of each name counts. */
export function parseDirectives(text: string): Directives {
  const directives = new Map<string, string>()
  for (const [, name = '', quoted, token = ''] of text.matchAll(DIRECTIVE)) {
    const lower = name.toLowerCase()
    if (!directives.has(lower)) directives.set(lower, quoted ?? token)
  }
  return directives
}

/** A value that is a number of seconds; undefined: it is none. */
export function toSeconds(directives: Directives, name: string): number | undefined {
  const value = directives.get(name) ?? ''
  return /^\d{1,10}$/.test(value) ? Number(value) : undefined
}

/** As a header has them. */
export function toCacheControl(directives: Directives): string {
  return [...directives].map(([name, value]) => toDirective(name, value)).join(', ')
}

function toDirective(name: string, value: string): string {
  if (value === '') return name
  return /[\s,"\\]/.test(value) ? `${name}="${value}"` : `${name}=${value}`
}
