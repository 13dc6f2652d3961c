/** The keys of an app's settings that list its bindings for data, and its rate limits. */

import * as z from 'zod'

import { APP_NAME, BINDING_NAME } from './config.ts'
import { isConnectionString } from './hyperdrive.ts'
import { closed, expected, flag, integer, list, text, textLike } from './values.ts'

const TABLE_NAME = /^[A-Za-z_]\w{0,127}$/
const EXPORT_NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]{0,127}$/u
const CONNECTION_STRING =
  'expected a URL with the user, host and name of a database ("postgres://user:password@host:5432/name"), got another text'
const DATA_ID = /^[^\p{Cc}\p{Cs}]{1,128}$/u

/** What `env` calls a binding. */
const bindingName = () =>
  textLike(BINDING_NAME, 'letters, digits, "_" and "$", not first a digit').meta({
    description: 'Its name in env.',
  })

const dataId = (what: string) =>
  textLike(DATA_ID, 'at most 128 characters, none of them a control character').meta({ description: what })

const kvNamespace = {
  binding: bindingName(),
  id: dataId(
    'Names the namespace among those of the app; the name of the binding unless given.',
  ).exactOptional(),
}

/** What only the operator may say of a binding for data. */
const shared = {
  shared: flag()
    .meta({
      default: false,
      description:
        "Every app of this file that says so of the same id has the same data. Else it is the app's alone.",
    })
    .exactOptional(),
}

const r2Bucket = {
  binding: bindingName(),
  bucket_name: dataId(
    'Names the bucket among those of the app; the name of the binding unless given.',
  ).exactOptional(),
}

const d1Database = {
  binding: bindingName(),
  database_name: dataId('What the command line calls the database.').exactOptional(),
  database_id: dataId(
    'Names the database among those of the app; its name, or that of the binding, unless given.',
  ).exactOptional(),
  migrations_dir: text()
    .meta({
      default: 'migrations',
      description: 'Folder of the .sql files that `d1 migrations` applies, relative to this file.',
    })
    .exactOptional(),
  migrations_table: textLike(TABLE_NAME, 'the name of a table')
    .meta({
      default: 'd1_migrations',
      description: 'Table of the database that says which migrations were applied.',
    })
    .exactOptional(),
}

const service = {
  binding: bindingName(),
  service: textLike(APP_NAME, 'the name of an app')
    .meta({ description: 'The app that is called; this one unless given.' })
    .exactOptional(),
  entrypoint: textLike(EXPORT_NAME, 'the name of an export')
    .meta({ description: 'The export that is called; the default one unless given.' })
    .exactOptional(),
  host: textLike(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'the name of a host of the fleet')
    .meta({
      description:
        'The host of the fleet whose app it is; this one unless given. There "called_by" of the app has to name this one.',
    })
    .exactOptional(),
  props: z
    .record(z.string(), z.json(), { error: expected('an object') })
    .meta({ description: 'What the app that is called finds in its ctx.props.' })
    .exactOptional(),
}

/** Each has memory of its own. */
const MOST_RATE_LIMITS = 32

const rateLimit = {
  name: bindingName(),
  namespace_id: dataId('Names the count among those of the app: limits with one id count together.'),
  simple: closed({
    limit: integer({ range: [1, 2_147_483_647] }).meta({
      description: 'How often a key may do it within the period.',
    }),
    period: z.literal([10, 60], { error: expected('10 or 60') }).meta({ description: 'In seconds.' }),
  }),
}

const rateLimits = <Item extends z.ZodType>(item: Item) =>
  list(item)
    .max(MOST_RATE_LIMITS, { error: expected(`at most ${MOST_RATE_LIMITS} rate limits`) })
    .meta({ description: 'Rate limits that the app finds in its env.' })
    .exactOptional()

/** Its text is never shown: there is a password in it. */
const connectionString = () =>
  z
    .string({ error: () => CONNECTION_STRING })
    .refine(isConnectionString, { error: () => CONNECTION_STRING })
    .meta({ description: 'postgres://user:password@host:5432/database, or mysql://.' })

const hyperdrive = {
  binding: bindingName(),
  id: dataId("Cloudflare's own, of no meaning here.").exactOptional(),
  connection_string: connectionString().exactOptional(),
  secret: text()
    .meta({
      description:
        'The member of env, one of "secrets" for instance, that has the connection string; in place of "connection_string".',
    })
    .exactOptional(),
}

const KV = { description: 'KV namespaces that the app finds in its env.' }
const D1 = { description: 'SQL databases that the app finds in its env.' }
const R2 = { description: 'R2 buckets that the app finds in its env.' }
/** Neither is data of a store. */
const ELSEWHERE = {
  services: list(closed(service))
    .meta({ description: 'Other apps of this host, which the app calls without a network.' })
    .exactOptional(),
  hyperdrive: list(closed(hyperdrive))
    .meta({ description: 'Databases of other servers, whose addresses the app finds in its env.' })
    .exactOptional(),
}

/** Of an app that is deployed. */
export const OWN_BINDINGS = {
  kv_namespaces: list(closed(kvNamespace)).meta(KV).exactOptional(),
  d1_databases: list(closed(d1Database)).meta(D1).exactOptional(),
  r2_buckets: list(closed(r2Bucket)).meta(R2).exactOptional(),
  ...ELSEWHERE,
  ratelimits: rateLimits(closed(rateLimit)),
}

/** Of an app of nano.json. */
export const SHARED_BINDINGS = {
  kv_namespaces: list(closed({ ...kvNamespace, ...shared }))
    .meta(KV)
    .exactOptional(),
  d1_databases: list(closed({ ...d1Database, ...shared }))
    .meta(D1)
    .exactOptional(),
  r2_buckets: list(closed({ ...r2Bucket, ...shared }))
    .meta(R2)
    .exactOptional(),
  ...ELSEWHERE,
  ratelimits: rateLimits(closed({ ...rateLimit, ...shared })),
}
