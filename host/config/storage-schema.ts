/** What nano.json says about where the data of bindings is. */

import * as z from 'zod'

import { source } from './secret-schema.ts'
import { closed, text, textLike } from './values.ts'

/** Without what it is instead: that may be a password. */
const REDIS_EXPECTED =
  'expected a redis:, rediss: or unix: URL without a password, which goes into "password_file"'

function isRedisUrl(text: string): boolean {
  const { protocol = '', password } = URL.parse(text) ?? {}
  return ['redis:', 'rediss:', 'unix:'].includes(protocol) && password === ''
}

const S3_EXPECTED = 'expected an http: or https: URL without a path, such as https://s3.example'

function isEndpoint(text: string): boolean {
  const { protocol = '', pathname, search, hash, username, password } = URL.parse(text) ?? {}
  const isPlain = pathname === '/' && `${search}${hash}${username}${password}` === ''
  return ['http:', 'https:'].includes(protocol) && isPlain
}

/** A stream of the NATS servers that `fleet` names. */
const inFleet = z
  .literal('fleet')
  .meta({ description: 'On the NATS servers of "fleet", for all of its hosts.' })

const redis = closed({
  redis: text().refine(isRedisUrl, { error: REDIS_EXPECTED }).meta({
    description:
      'A server that speaks the protocol of Redis, such as Valkey: redis://cache.internal:6379/0. It needs the package @redis/client beside nano-workers.',
  }),
  password_file: text()
    .meta({ description: 'A file, relative to this one, with the password and nothing else.' })
    .exactOptional(),
})

/** The key `storage`. */
export const storage = closed({
  kv: z
    .union([inFleet, redis], { error: () => 'expected "fleet" or an object with "redis"' })
    .meta({ description: 'Where KV namespaces are; in the data directory unless given.' })
    .exactOptional(),
  r2: closed({
    s3: text().refine(isEndpoint, { error: S3_EXPECTED }).meta({
      description:
        'The address of a store that speaks the protocol of S3: https://s3.eu-central-1.amazonaws.com. It needs the package @aws-sdk/client-s3 beside nano-workers.',
    }),
    bucket: textLike(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket').meta({
      description: 'The bucket there that has the objects of all apps; it has to exist.',
    }),
    region: textLike(/^[a-z0-9-]{1,64}$/, 'the name of a region')
      .meta({ default: 'us-east-1', description: 'What requests are signed for.' })
      .exactOptional(),
    access_key_id: source.meta({ description: 'Where the name of the key is.' }),
    secret_access_key: source.meta({ description: 'Where the key is.' }),
  })
    .meta({ description: 'Where R2 buckets are; in the data directory unless given.' })
    .exactOptional(),
}).meta({ description: 'Where the data of bindings is that is not kept in the data directory.' })
