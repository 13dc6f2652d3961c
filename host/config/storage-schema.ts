/** What nano.json says about where the data of bindings is. */

import { closed, text } from './values.ts'

/** Without what it is instead: that may be a password. */
const REDIS_EXPECTED =
  'expected a redis:, rediss: or unix: URL without a password, which goes into "password_file"'

function isRedisUrl(text: string): boolean {
  const { protocol = '', password } = URL.parse(text) ?? {}
  return ['redis:', 'rediss:', 'unix:'].includes(protocol) && password === ''
}

/** The key `storage`. */
export const storage = closed({
  kv: closed({
    redis: text().refine(isRedisUrl, { error: REDIS_EXPECTED }).meta({
      description:
        'A server that speaks the protocol of Redis, such as Valkey: redis://cache.internal:6379/0. It needs the package @redis/client beside nano-workers.',
    }),
    password_file: text()
      .meta({ description: 'A file, relative to this one, with the password and nothing else.' })
      .exactOptional(),
  })
    .meta({ description: 'Where KV namespaces are; in the data directory unless given.' })
    .exactOptional(),
}).meta({ description: 'Where the data of bindings is that is not kept in the data directory.' })
