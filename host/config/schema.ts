/**
 * The one description of nano.json: its keys, what each may be, what holds when it is not given, and its sentence in
 * nano.schema.json, which is made from this (`npm run schema`). Shards never load it.
 */

import * as z from 'zod'

import { parseRule } from '../egress/rule.ts'
import { parseNetwork } from '../http/address.ts'
import { toHostName } from '../http/host-name.ts'
import { parseStickyBy } from '../http/sticky-key.ts'
import { APP_NAME, DEFAULT_ADMIN, DEFAULTS, RANGES } from './config.ts'
import { CAPACITY_RULES } from './capacity.ts'
import { CONNECTION_RULES } from './connection-limits.ts'
import { LIMIT_RULES } from './limits.ts'
import { toKey } from './number-rule.ts'
import { isOci, parseReference, REFERENCE_FORM } from './oci-reference.ts'
import { oci } from './oci-schema.ts'
import type { Key, NumberRule } from './number-rule.ts'
import { storage } from './storage-schema.ts'
import { fleet } from './fleet-schema.ts'
import { withOwnNames } from './binding-names.ts'
import { OWN_BINDINGS, SHARED_BINDINGS } from './data-bindings.ts'
import { OWN_DURABLE, SHARED_DURABLE } from './durable-schema.ts'
import { OWN_QUEUES, SHARED_QUEUES } from './queue-schema.ts'
import { logDrain } from './drain-schema.ts'
import { ASSETS, RESPONSE_CACHE } from './assets-schema.ts'
import { FOREIGN, OWN_FOREIGN } from './foreign-schema.ts'
import { secrets } from './secret-schema.ts'
import { triggers } from './triggers.ts'
import { closed, expected, flag, integer, list, text, textLike, textThat } from './values.ts'

const ENGINE = /^[0-9a-f]{64}$/

/** Keys of earlier releases. */
const RENAMED = { dev: 'allow_loopback' }

/** What an app may be called. */
export const appName = () => textLike(APP_NAME, 'letters, digits, ".", "_" and "-", at most 63')

export const hostName = () => textThat((name) => toHostName(name) !== undefined, 'a host name without port')

const port = () => integer({ range: RANGES.port })

/** The numbers of a table by their keys. `isShared`: nano.schema.json describes each once, for it stands in two places. */
function numbers<Table extends Readonly<Record<string, NumberRule>>>(table: Table, isShared: boolean) {
  const entries = Object.entries(table).map(([name, rule]) => {
    const { initial, text: description } = rule
    const meta = { description, ...(initial === undefined ? {} : { default: initial }) }
    return [
      toKey(name),
      integer(rule)
        .meta(isShared ? { ...meta, id: toKey(name) } : meta)
        .exactOptional(),
    ]
  })
  return Object.fromEntries(entries) as {
    [Name in keyof Table as Key<Name>]: z.ZodExactOptional<z.ZodInt>
  }
}

const admin = closed({
  host: text()
    .meta({ description: 'Address to listen on. Whoever reaches it may read how the server does.' })
    .default(DEFAULT_ADMIN.host),
  port: port()
    .meta({ description: 'TCP port, never that of the apps; 0 takes a free one.' })
    .default(DEFAULT_ADMIN.port),
  socket: text()
    .meta({
      description:
        'A Unix socket, relative to this file, in place of host and port. Only its owner can open it.',
    })
    .exactOptional(),
  tokens_file: text()
    .meta({
      description:
        'Who may do what with the admin API: a file, relative to this one, with a line for each token: its name, the token or sha256: and its hash, and read, deploy:<app> or all.',
    })
    .exactOptional(),
}).meta({ id: 'admin' })

const keyPair = closed({
  cert: text().meta({
    description: 'PEM file, relative to this one: the certificate, followed by those that lead to its root.',
  }),
  key: text().meta({ description: 'PEM file with its key, without a passphrase.' }),
}).meta({ id: 'key_pair' })

const egressRule = textThat(
  (rule) => parseRule(rule) !== undefined,
  'a host name ("api.example.com", "*.example.com:443"), an address or a range ("10.0.0.0/8")',
).meta({
  id: 'egress_rule',
  description:
    'api.example.com, *.example.com (every name below it), either with :port, an address, or a range such as 10.0.0.0/8.',
})

const egress = closed({
  allow: list(egressRule)
    .meta({
      description:
        'Only these are reached. A private address is reached through a range or an address here, never through a name alone.',
    })
    .exactOptional(),
  deny: list(egressRule).meta({ description: 'These are not reached, whatever is allowed.' }).exactOptional(),
  private: flag()
    .meta({
      default: false,
      description:
        "Addresses that are not public are reached too: loopback, the local network, a cloud's metadata service.",
    })
    .exactOptional(),
}).meta({
  id: 'egress',
  description:
    'Where the fetches of the app may go: public addresses unless given. A key that an app does not give is taken from the defaults.',
})

/** What an app may have of its own or take from the defaults. */
const inherited = { ...numbers(LIMIT_RULES, true), egress: egress.exactOptional() }

const settings = {
  env: z
    .record(z.string(), z.unknown(), { error: expected('an object') })
    .meta({ description: 'What the app gets as its env argument: texts, and any other JSON values.' })
    .exactOptional(),
  assets: ASSETS.exactOptional(),
  response_cache: RESPONSE_CACHE.exactOptional(),
  isolation: z
    .enum(['instance', 'request'])
    .meta({
      description:
        'What has a memory of its own: an instance, which serves many requests, or each request. The former unless given.',
    })
    .exactOptional(),
  triggers: triggers.exactOptional(),
  called_by: list(appName())
    .meta({
      description:
        'Apps of other hosts of the fleet that may call this one; none unless given. Apps of this host are not asked.',
    })
    .exactOptional(),
  ...inherited,
}

/** What is said about an app that is deployed, besides its name and host name. */
export const APP_SETTINGS = withOwnNames(
  closed({
    ...settings,
    ...OWN_BINDINGS,
    ...OWN_DURABLE,
    ...OWN_QUEUES,
    foreign: OWN_FOREIGN.exactOptional(),
    sticky_by: textThat(
      (key) => parseStickyBy(key) !== undefined,
      '"header:" or "cookie:" and a name',
    ).exactOptional(),
  }),
)

export type AppSettings = z.output<typeof APP_SETTINGS>

/** An app of nano.json. */
export const APP = withOwnNames(
  closed({
    name: appName().meta({
      description: 'Names the app in logs and messages; unique.',
    }),
    hostname: hostName()
      .meta({
        description:
          'Requests with this Host header go to the app: capitals and the port make no difference. The name unless given; unique.',
      })
      .exactOptional(),
    path: textThat((path) => !isOci(path) || parseReference(path) !== undefined, REFERENCE_FORM)
      .meta({
        description:
          'Relative to this file: a component (.wasm), a source file, or a directory with a wrangler file or an index file. Or an artifact of a registry: oci://registry.example/team/shop:1.2@sha256:... An app that is files alone ("assets") has none.',
      })
      .exactOptional(),
    follow_tag: flag()
      .meta({
        default: false,
        description:
          'With a tag of a registry and no digest: at the start and with each reload the registry is asked what the tag leads to. Otherwise it is asked once.',
      })
      .exactOptional(),
    allow_read: list(text())
      .meta({
        description:
          'Files and directories, relative to this file, that a build of the app may read besides its folder and node_modules.',
      })
      .exactOptional(),
    wrangler_env: text()
      .meta({
        description:
          'The environment of the wrangler file of the folder that "path" names; its top level unless given.',
      })
      .exactOptional(),
    log_drain: logDrain("the app's part of the log").exactOptional(),
    secrets: secrets.exactOptional(),
    foreign: FOREIGN.exactOptional(),
    ...SHARED_BINDINGS,
    ...SHARED_DURABLE,
    ...SHARED_QUEUES,
    ...settings,
  }),
)
  .refine(({ name, hostname }) => hostname !== undefined || toHostName(name) !== undefined, {
    path: ['name'],
    error: 'expected a "hostname" beside it, for the name is none',
  })
  .refine(({ path, assets: given }) => path !== undefined || given !== undefined, {
    path: ['path'],
    // whatever else is wrong
    when: ({ value }) => typeof value === 'object' && value !== null,
    error: 'expected a component, a source file or a directory, or "assets" with a directory',
  })
  .refine(
    ({ follow_tag: follows, path = '' }) => follows !== true || parseReference(path)?.digest === undefined,
    {
      path: ['follow_tag'],
      error: 'expected a "path" with a tag and without a digest, got one that always leads to the same',
    },
  )
  .refine(({ follow_tag: follows, path = '' }) => follows !== true || isOci(path), {
    path: ['follow_tag'],
    error: 'expected a "path" of a registry (oci://) beside it',
  })
  .refine(
    ({ assets: given, path = '' }) => given === undefined || given.directory !== undefined || isOci(path),
    {
      path: ['assets', 'directory'],
      error: 'expected a directory',
    },
  )
  .refine(
    ({ foreign, path = '' }) =>
      foreign === undefined || foreign === false || path.endsWith('.wasm') || isOci(path),
    {
      path: ['foreign'],
      error: 'expected a "path" that is a component (.wasm), or an artifact of a registry, beside it',
    },
  )
  .meta({ id: 'app' })

/** nano.json. */
export const NANO_JSON = closed(
  {
    $schema: text().exactOptional(),
    port: port().meta({ description: 'TCP port of all apps; 0 takes a free one.' }).default(DEFAULTS.port),
    host: text()
      .meta({ description: 'Address to listen on. 0.0.0.0 or :: for every interface.' })
      .default(DEFAULTS.host),
    shards: integer({ range: RANGES.shards })
      .meta({ description: 'Worker threads; the number of processors unless given.' })
      .exactOptional(),
    tls: z
      .union([list(keyPair).min(1, { error: expected('at least one pair of files') }), keyPair], {
        error: expected('an object with "cert" and "key", or a list of those'),
      })
      .meta({
        description:
          'The port of the apps takes HTTPS. A client gets the certificate that has the host name which it asks for, or else the first. Files that change are taken at once, and open connections stay.',
      })
      .exactOptional(),
    ...numbers(CONNECTION_RULES, false),
    ...numbers(CAPACITY_RULES, false),
    trusted_proxies: list(
      textThat(
        (network) => parseNetwork(network) !== undefined,
        'an address or a range ("10.0.0.7", "10.0.0.0/8", "fd00::/8")',
      ),
    )
      .meta({
        description:
          "Addresses and ranges of proxies before this server, such as 10.0.0.7 or 10.0.0.0/8. Only what they say about their clients counts: X-Forwarded-For, X-Forwarded-Proto, Forwarded, X-Request-ID, traceparent and the like are dropped from everybody else's requests.",
      })
      .exactOptional(),
    admin: z
      .union([z.literal(false), admin])
      .meta({
        description: 'The listener of the operator: /healthz, /readyz and /metrics. false: there is none.',
      })
      .exactOptional(),
    engines: list(textLike(ENGINE, 'a hash of 64 lower-case hex digits'))
      .meta({
        description:
          'Hashes of engines that are served besides those of this version; what they were built to must be in the cache.',
      })
      .exactOptional(),
    allow_loopback: flag()
      .meta({
        default: false,
        description:
          "For development only: the fetches of every app may reach this machine's own ports (127.0.0.1, ::1, localhost), except the operator's.",
      })
      .exactOptional(),
    access_log: flag()
      .meta({ default: false, description: 'A line in the log for each request.' })
      .exactOptional(),
    log_drain: logDrain('the part of each app that names none, deployed ones included,').exactOptional(),
    data_dir: text()
      .meta({
        description:
          'Where apps are kept that are deployed through the admin API, and the data of bindings, relative to this file: .nano beside it unless given.',
      })
      .exactOptional(),
    storage: storage.exactOptional(),
    oci: oci.exactOptional(),
    fleet: fleet.exactOptional(),
    defaults: closed(inherited)
      .meta({ description: 'Limits of every app that does not set its own.' })
      .exactOptional(),
    apps: list(APP).default([]),
  },
  RENAMED,
).superRefine(({ apps, oci: given }, context) => {
  if (given?.digests !== true) return
  for (const [index, { path = '' }] of apps.entries()) {
    if (!isOci(path) || parseReference(path)?.digest !== undefined) continue
    const message = `expected a reference with @sha256:<digest>, for "oci" demands "digests", got ${JSON.stringify(path)}`
    context.addIssue({ code: 'custom', path: ['apps', index, 'path'], message })
  }
})

/** What nano.json says, by its own keys. */
export type NanoJson = z.output<typeof NANO_JSON>

/** What it says of one app. */
export type AppJson = z.output<typeof APP>
