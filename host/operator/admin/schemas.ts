/** What the admin API takes and gives, in the spelling of nano.json; its OpenAPI document is made from these. */

import { z } from '@hono/zod-openapi'

import { appName } from '../../config/schema.ts'
import { LOG_LEVELS } from '../../log/entry.ts'

const text = (description: string) => z.string().openapi({ description })
const count = (description: string) => z.int().openapi({ description })
const percent = () => z.int().min(0).max(100)
const flag = (description: string) => z.boolean().openapi({ description })

export const ERROR = z
  .object({
    error: z.object({
      code: text('One of a closed set.'),
      message: text('What was expected, what came, and what to do next.'),
      blame: z
        .enum(['tenant', 'operator', 'client', 'runtime'])
        .openapi({ description: 'Whose fault it is.' }),
    }),
  })
  .openapi('Error')

export const DONE = z.object({ success: z.literal(true) }).openapi('Done')

export const APP = z
  .object({
    name: z.string(),
    hostname: z.string(),
    owner: z.enum(['file', 'deployed']).openapi({
      description: 'file: it stands in nano.json, and is changed there alone.',
    }),
    state: z.enum(['opening', 'serving', 'unavailable']),
    version: count('That serves; of deployed apps.').optional(),
    canary: z
      .object({ version: z.int(), percent: percent() })
      .optional()
      .openapi({ description: 'Another version that serves beside it, and its part of the clients.' }),
    path: text('Of the component or its source; of apps of nano.json.').optional(),
    digest: text(
      'What the reference of a registry has led to; of apps of nano.json that have one.',
    ).optional(),
    engine: z.string().optional(),
    timeout_ms: z.int().optional(),
    live_instances: count('Over all shards.'),
    memory_bytes: count('Linear memory of these instances.'),
    memory_percent: z.number().openapi({ description: 'Of what all shards together allow the app.' }),
    requests: count('Since the start.'),
    errors: count('Failed requests since the start.'),
    answers: count('Answers that clients got since the start.'),
    server_errors: count('Those with a status of 5xx.'),
    answer_times: z.object({ bounds_ms: z.array(z.number()), counts: z.array(z.int()) }).openapi({
      description:
        'How many answers took not more than each bound and more than the one before; last, longer ones.',
    }),
  })
  .openapi('App')

const names = (description: string) => z.array(z.string()).openapi({ description })

export const RELOAD_REPORT = z
  .object({
    added: names('Apps that are new.'),
    changed: names('Apps that have a new version.'),
    removed: names('Apps that are gone.'),
    unchanged: names('Apps that were not touched.'),
    failed: z
      .array(z.object({ app: z.string(), code: z.string(), reason: z.string() }))
      .openapi({ description: 'Apps that are not what the file says; the version before serves.' }),
    applied: names('Keys of nano.json, but for the apps, that have changed and hold now.'),
    needs_restart: names('Keys of nano.json that have changed and hold from the next start.'),
  })
  .openapi('ReloadReport')

export const PLAN = z
  .object({
    added: names('Apps that are new.'),
    changed: z.array(z.object({ app: z.string(), keys: names('Settings, or component.') })).openapi({
      description: 'Apps that would get a new version.',
    }),
    removed: names('Apps that would go.'),
    unchanged: names('Apps that would not be touched.'),
    refused: z
      .array(z.object({ app: z.string(), reason: z.string() }))
      .openapi({ description: "Apps whose name or host name is somebody else's." }),
    applied: names('Keys of nano.json, but for the apps, that would hold at once.'),
    needs_restart: names('Keys of nano.json that would hold from the next start.'),
  })
  .openapi('Plan')

export const PLANNED = z.object({
  config: text(
    'Of a nano.json, in place of the one that the server has; paths are relative to that.',
  ).optional(),
})

export const APPS = z
  .object({ apps: z.array(APP), total: count('Apps that fit, if there is a limit.').optional() })
  .openapi('Apps')

const decimal = (most: number) => z.coerce.number().int().min(0).max(most).openapi({ type: 'integer' })

export const LIST_QUERY = z.object({
  search: z.string().optional().openapi({ description: 'A part of the name or the host name.' }),
  limit: decimal(1000).optional().openapi({ description: 'So many apps at the most; all unless given.' }),
})

export const LOG_QUERY = z.object({
  level: z.enum(LOG_LEVELS).optional().openapi({ description: 'This urgent or more.' }),
  tail: decimal(1000).default(100).openapi({ description: 'The latest entries that come first.' }),
  since: z.iso.datetime({ offset: true }).optional().openapi({ description: 'Only entries since then.' }),
  follow: z
    .enum(['true', 'false'])
    .default('true')
    .openapi({ description: 'false: it ends after the latest entries.' }),
})

export const LOG_HEADERS = z.object({
  'last-event-id': z
    .string()
    .optional()
    .openapi({ description: 'Id of the last entry that came: those after it, in place of the latest.' }),
})

export const EVENTS = z.string().openapi({
  description:
    'Server-sent events. Each has an entry of the log as JSON, in the format of NANO_LOG_FORMAT=json; of the type ' +
    '"dropped": how many entries were dropped here because the reader was too slow.',
})

const LOGGED = z.object({ time: text('RFC 3339.'), request: z.string().optional(), text: z.string() })

export const VERSION = z
  .object({
    version: z.int(),
    serves: flag('Whether it serves; of two that do, each.'),
    percent: percent().openapi({ description: 'The part of the clients whose requests it serves.' }),
    hostname: z.string(),
    component: text('SHA-256 of the file.'),
    has_source_map: z.boolean(),
    engine: z.string(),
    source: text('The reference of a registry that it came from, with its digest.').optional(),
    created_at: text('RFC 3339.'),
  })
  .openapi('Version')

export const VERSIONS = z.object({ app: z.string(), versions: z.array(VERSION) }).openapi('Versions')

export const APP_DETAILS = APP.extend({
  limits: z.record(z.string(), z.number()).openapi({ description: 'As nano.json spells them.' }),
  egress: z
    .object({
      allow: z.array(z.string()).optional(),
      deny: z.array(z.string()).optional(),
      private: z.boolean().optional(),
    })
    .optional(),
  env: z.array(z.string()).openapi({ description: 'Names; values are never shown.' }),
  versions: z.array(VERSION),
  last_errors: z.array(LOGGED),
}).openapi('AppDetails')

export const REPORT = z
  .object({
    app: z.string(),
    hostname: z.string(),
    version: z.int(),
    source: text('The reference of a registry that it came from, with its digest.').optional(),
    previous: count('The version that served before.').optional(),
    serves: z.boolean(),
    percent: percent().openapi({ description: 'The part of the clients whose requests it serves now.' }),
    engine: z.string(),
    engine_changed: z.boolean(),
    changes: z
      .array(z.object({ key: z.string(), before: z.unknown().optional(), now: z.unknown().optional() }))
      .openapi({ description: 'Settings that are not as they were. Those of env come without values.' }),
    warnings: z.array(z.string()),
    component_bytes: z.int(),
    image_bytes: count('What an instance begins with.'),
    memory_bytes: z.int(),
    warm_up_ms: count('Until every shard was ready for the version.'),
    milliseconds: z.int(),
  })
  .openapi('DeployReport')

/** Names of parts and queries that hold JSON. */
export const SETTINGS = z.string().openapi({
  description:
    'JSON: what nano.json says of an app, without name, path and allow_read. Without it everything is as it was.',
})

const FILE = z.instanceof(File).openapi({ type: 'string', format: 'binary' })

const ASSETS = z.string().openapi({
  description:
    'JSON: the files of the app, { "files": { "/index.html": { "hash": SHA-256, "size": bytes } }, "headers": text of _headers, "redirects": text of _redirects }. All are sent before.',
})

export const UPLOAD_FORM = z.object({
  settings: z.union([FILE, SETTINGS]).optional().openapi({ type: 'string' }),
  component: FILE.optional(),
  source_map: FILE.optional(),
  assets: z.union([FILE, ASSETS]).optional().openapi({ type: 'string' }),
})

export const BYTES = z.any().openapi({ type: 'string', format: 'binary' })

export const SETTINGS_JSON = z
  .object({ hostname: z.string().optional() })
  .loose()
  .openapi('Settings', { description: 'What nano.json says of an app, without name, path and allow_read.' })

export const APP_JSON = SETTINGS_JSON.extend({
  name: z.string().optional().openapi({ description: 'The host name unless given.' }),
  hostname: z.string(),
  path: text(
    'On the server: a component, a source file or a directory; relative to nano.json. Or oci://... of a registry.',
  ),
  allow_read: z.array(z.string()).optional(),
}).openapi('NewApp')

export const NAME = z.object({ name: appName().openapi({ param: { name: 'name', in: 'path' } }) })

export const NAME_AND_VERSION = NAME.extend({
  version: z.coerce
    .number()
    .int()
    .min(1)
    .openapi({ type: 'integer', param: { name: 'version', in: 'path' } }),
})

export const PUT_QUERY = z.object({
  settings: SETTINGS.optional(),
  hostname: z.string().optional(),
  from: z.string().max(1024).optional().openapi({
    description:
      'oci://...: the server pulls the component, its source map, files and settings from there, with credentials of its own; for a token with scope all.',
  }),
  keep: z
    .enum(['true', 'false'])
    .optional()
    .openapi({ description: 'true: keys that the settings do not have stay as they were.' }),
  traffic: z
    .enum(['all', 'none'])
    .optional()
    .openapi({ description: 'none: the version is kept and serves nobody until it is promoted.' }),
  percent: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .optional()
    .openapi({
      type: 'integer',
      description: 'The part of the clients that get the version; the version before serves the rest.',
      param: { name: 'percent', in: 'query' },
    }),
})

export const PRECONDITIONS = z.object({
  'if-match': z.string().optional().openapi({ description: 'ETag of the version that has to serve.' }),
  'if-none-match': z.string().optional().openapi({ description: '*: there has to be no such app.' }),
})

export const ROLLBACK = z.object({
  version: z.int().min(1).optional().openapi({
    description: 'The one before unless given; of two that serve, the earlier one.',
  }),
})

export const PROMOTE = z.object({
  version: z.int().min(1),
  percent: percent().default(100).openapi({
    description:
      'The part of the clients that get the version; the version before serves the rest. A client keeps its version while the part grows. 100: it serves alone; 0: it serves nobody.',
  }),
})

export const ASSETS_JSON = z
  .object({ files: z.record(z.string(), z.object({ hash: z.string(), size: z.int() })) })
  .loose()
  .openapi('Assets', { description: 'The files of a version that is to come.' })

export const MISSING = z
  .object({
    missing: z.array(z.string()).openapi({ description: 'Hashes of files that the server has not.' }),
  })
  .openapi('MissingAssets')

export const NAME_AND_HASH = NAME.extend({
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .openapi({ param: { name: 'hash', in: 'path' } }),
})

export const PURGE = z
  .object({
    everything: z
      .literal(true)
      .optional()
      .openapi({ description: 'All responses of the app that are kept.' }),
    urls: z
      .array(z.url())
      .min(1)
      .max(1000)
      .optional()
      .openapi({ description: 'Those of these URLs, query included.' }),
    tags: z
      .array(z.string().min(1).max(1024))
      .min(1)
      .max(1000)
      .optional()
      .openapi({ description: 'Those whose Cache-Tag has one of these.' }),
  })
  .refine(
    ({ everything, urls, tags }) => (everything === undefined) !== (urls === undefined && tags === undefined),
    {
      error: 'expected "everything": true, or "urls" or "tags"',
    },
  )
  .openapi('Purge')
