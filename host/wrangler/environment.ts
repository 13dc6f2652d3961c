/** The environments of a wrangler file: which keys one of them has of its own, and which it takes from the top level. */

import { invalid, isObject, toShown } from './file.ts'
import type { WranglerFile, WranglerJson } from './file.ts'
import type { Say } from './say.ts'

/** Keys that an environment does not take from the top level. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  'agent_memory',
  'ai',
  'ai_search',
  'ai_search_namespaces',
  'analytics_engine_datasets',
  'artifacts',
  'browser',
  'cloudchamber',
  'connect',
  'containers',
  'd1_databases',
  'define',
  'dispatch_namespaces',
  'durable_objects',
  'flagship',
  'hyperdrive',
  'images',
  'kv_namespaces',
  'media',
  'mtls_certificates',
  'pipelines',
  'queues',
  'r2_buckets',
  'ratelimits',
  'secrets',
  'secrets_store_secrets',
  'send_email',
  'services',
  'stream',
  'streaming_tail_consumers',
  'tail_consumers',
  'unsafe',
  'unsafe_hello_world',
  'vars',
  'vectorize',
  'version_metadata',
  'vpc_networks',
  'vpc_services',
  'websearch',
  'worker_loaders',
  'workflows',
])

/** Wrangler's environments take them, too; but two apps cannot have one host name. */
const HOST_KEYS: ReadonlySet<string> = new Set(['route', 'routes'])

/** What a file says of an app; places are those of what holds. */
export function withEnvironment(read: WranglerFile, name: string | undefined, say: Say): WranglerFile {
  const json = toJson(read, name, say)
  if (name === undefined || json === read.json) return read
  const own = (read.json['env'] as Readonly<Record<string, WranglerJson>>)[name]!
  return {
    json,
    placeOf: (path) => read.placeOf(own[String(path[0])] === undefined ? path : ['env', name, ...path]),
  }
}

/** Throws for an environment that is not there. */
function toJson({ json: top, placeOf }: WranglerFile, name: string | undefined, say: Say): WranglerJson {
  if (name === undefined) return top
  const { targetEnvironment: built } = top
  if (typeof built === 'string' && built !== '') {
    if (built === name) return top
    throw invalid(
      `${placeOf(['targetEnvironment'])}: expected a build for the environment "${name}", got one for "${toShown(built)}"; ` +
        `build the project with CLOUDFLARE_ENV=${name}`,
    )
  }
  const all = isObject(top['env']) ? top['env'] : {}
  const names = Object.keys(all)
  if (names.length === 0) {
    say('env', `it has no environments, so that "${name}" is its top level`)
    return top
  }
  const own = Object.hasOwn(all, name) ? all[name] : undefined
  if (!isObject(own)) {
    throw invalid(
      `${placeOf(['env'])}: env: expected an environment "${name}", got ${names.map(toShown).join(', ')}`,
    )
  }
  const entries = Object.entries(top).filter(([key]) => key !== 'env')
  for (const [key] of entries.filter(([key]) => OWN_KEYS.has(key) && own[key] === undefined)) {
    say(
      key,
      `it stands at the top level, which environment "${name}" does not take it from; say it in env.${name}, too`,
    )
  }
  const inherited = entries.filter(([key]) => !OWN_KEYS.has(key) && !HOST_KEYS.has(key))
  const named = typeof top['name'] === 'string' ? { name: `${top['name']}-${name}` } : {}
  return { ...Object.fromEntries(inherited), ...named, ...own }
}
