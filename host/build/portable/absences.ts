/**
 * What an app asks for that a component for wasi:http cannot have, a line each: bindings of its settings, exports that nobody
 * there calls, and words of its code that are looked for as words, so that one in a text counts as well.
 */

const ELSEWHERE = 'serve the app with NANO, or do without'

/** Of a key of the settings: what of each of its members is the binding's name. */
const BINDINGS: Readonly<Record<string, string>> = {
  kv_namespaces: 'binding',
  d1_databases: 'binding',
  r2_buckets: 'binding',
  ratelimits: 'name',
  services: 'binding',
  hyperdrive: 'binding',
}

/** Words, and what becomes of them. */
const WORDS: readonly (readonly [word: RegExp, text: string])[] = [
  [/\bWebSocket(?:Pair)?\b/, 'WebSocket: nothing can be connected, and no client is answered with one'],
  [/\bcaches\b/, 'caches: nothing is kept, each match is a miss'],
  [
    /\bIntl\b|\btoLocale[A-Z]\w*\(|\blocaleCompare\(/,
    'Intl, localeCompare and toLocaleString of languages: they throw a TypeError',
  ],
  [/\.normalize\(/, 'String.prototype.normalize: it throws a TypeError for what is not ASCII'],
  [/\bcloudflare:sockets\b|\bnode:(?:net|tls)\b/, 'TCP connections: they fail'],
  [/\bnode:zlib\b/, 'node:zlib: its functions that give their result at once throw'],
]

/** `settings`: as nano.json spells them. */
export function toSettingWarnings(settings: Readonly<Record<string, unknown>>): string[] {
  const warnings: string[] = []
  for (const [key, member] of Object.entries(BINDINGS)) {
    for (const name of namesOf(settings[key], member))
      warnings.push(`${key}: env.${name} is not there; ${ELSEWHERE}`)
  }
  const nested = (key: string, inner: string) =>
    (settings[key] as Record<string, unknown> | undefined)?.[inner]
  for (const name of namesOf(nested('durable_objects', 'bindings'), 'name')) {
    warnings.push(`durable_objects: env.${name} is not there; ${ELSEWHERE}`)
  }
  for (const name of namesOf(nested('queues', 'producers'), 'binding')) {
    warnings.push(`queues: env.${name} is not there; ${ELSEWHERE}`)
  }
  for (const name of namesOf(nested('queues', 'consumers'), 'queue')) {
    warnings.push(`queues: nobody brings the messages of ${name}; ${ELSEWHERE}`)
  }
  const crons = nested('triggers', 'crons')
  if (Array.isArray(crons)) {
    for (const cron of crons)
      warnings.push(`triggers: nobody calls the app at "${String(cron)}"; ${ELSEWHERE}`)
  }
  const assets = settings['assets'] as { binding?: unknown } | undefined
  if (assets !== undefined) {
    const { binding } = assets
    const called = typeof binding === 'string' ? `, nor env.${binding}` : ''
    warnings.push(
      `assets: the app's files are not in the component${called}; let a server in front have them`,
    )
  }
  const vars = Object.keys(settings['env'] ?? {})
  if (vars.length > 0) {
    warnings.push(
      `vars: ${vars.join(', ')}: give them to the host of the component as environment variables; they are text there`,
    )
  }
  return warnings
}

/** `code`: the app's bundle. */
export const toCodeWarnings = (code: string): string[] =>
  WORDS.flatMap(([word, text]) => (word.test(code) ? [text] : []))

/** `exports`: of the app, that nobody calls; `members`: those of `env` that its top level reads. */
export function toExportWarnings(exports: readonly string[], members: readonly string[]): string[] {
  const unread = members.map(
    (name) =>
      `env.${name} is read at the top level, where a portable build has no env: it is undefined there`,
  )
  return [...exports.map((name) => `${name}: nobody calls it; ${ELSEWHERE}`), ...unread]
}

function namesOf(list: unknown, member: string): string[] {
  if (!Array.isArray(list)) return []
  return list.map((each: unknown) => String((each as Record<string, unknown> | null)?.[member]))
}
