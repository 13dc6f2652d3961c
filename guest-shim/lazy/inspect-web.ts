/** What is shown of the Web API's objects, whose members are on their prototypes. */

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  AbortSignal: ['aborted'],
  Blob: ['size', 'type'],
  File: ['size', 'type', 'name', 'lastModified'],
  ReadableStream: ['locked'],
  Request: ['method', 'url', 'headers', 'redirect', 'bodyUsed'],
  Response: ['status', 'statusText', 'headers', 'body', 'bodyUsed', 'ok', 'redirected', 'type', 'url'],
  TransformStream: ['readable', 'writable'],
  URL: [
    'href',
    'origin',
    'protocol',
    'username',
    'password',
    'host',
    'hostname',
    'port',
    'pathname',
    'search',
    'searchParams',
    'hash',
  ],
  WritableStream: ['locked'],
}
const PAIRED = ['FormData', 'Headers', 'URLSearchParams']
const classes = globalThis as unknown as Readonly<Record<string, abstract new () => object>>

/** An object with what is to be shown of `value`, if it is of the Web API's; `name`: its class. */
export function toPlain(value: object, name: string | null): object | undefined {
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  // the engine's own have no tag
  const known = [tag, name].find(
    (each) => typeof each === 'string' && (PAIRED.includes(each) || Object.hasOwn(MEMBERS, each)),
  )
  const of = typeof known === 'string' ? classes[known] : undefined
  if (typeof known !== 'string' || typeof of !== 'function' || !(value instanceof of)) return undefined
  try {
    if (PAIRED.includes(known)) return toPairs(value as Iterable<[string, unknown]>)
    const members = (MEMBERS[known] ?? []).map((member) => [
      member,
      (value as Record<string, unknown>)[member],
    ])
    return Object.fromEntries(members) as object
  } catch {
    // a prototype, or what only says that it is one
    return undefined
  }
}

/** Values of a name that comes again are a list. */
function toPairs(entries: Iterable<[string, unknown]>): object {
  const pairs: Record<string, unknown> = {}
  for (const [name, value] of entries) {
    if (!Object.hasOwn(pairs, name))
      Object.defineProperty(pairs, name, { value, enumerable: true, writable: true })
    else pairs[name] = [pairs[name], value].flat()
  }
  return pairs
}
