/** What nano.json says of an app, and what a wrangler file says beside it, as one. Pure. */

import type { WranglerApp } from '../wrangler/app.ts'
import { isObject } from '../wrangler/file.ts'
import type { WranglerJson } from '../wrangler/file.ts'
import { BINDING_KEYS, toBoundNames } from './binding-names.ts'
import { defined } from './defined.ts'
import type { AppJson } from './schema.ts'

/** What lists members of `env`. */
const LISTS = [...BINDING_KEYS, 'ratelimits'] as const

/** What nano.json says comes first: settings by their keys, members of `env` by their names. */
export function mergeWrangler(own: AppJson, { settings }: WranglerApp): unknown {
  const taken = toMemberNames(own)
  const { assets, durable_objects: objects, env, migrations, queues, triggers, ...lists } = settings
  const entries = Object.entries(lists).map(([key, list]): [string, unknown] => {
    const before = own[key as (typeof LISTS)[number]] ?? []
    if (!Array.isArray(list)) return [key, list]
    return [
      key,
      [
        ...before,
        ...(list as unknown[]).filter(
          (each) => !isObject(each) || !taken.has(String(each['binding'] ?? each['name'])),
        ),
      ],
    ]
  })
  return {
    ...own,
    ...defined({
      env: isObject(env) ? { ...without(env, taken), ...own.env } : (env ?? own.env),
      assets: isObject(assets) ? { ...withoutBinding(assets, taken), ...own.assets } : (assets ?? own.assets),
      durable_objects: mergeObjects(own, objects, taken),
      queues: mergeQueues(own, queues, taken),
      // the steps are one history
      migrations: own.migrations ?? migrations,
      triggers: isObject(triggers) ? { ...triggers, ...own.triggers } : (triggers ?? own.triggers),
    }),
    ...Object.fromEntries(entries),
  }
}

function mergeObjects(own: AppJson, objects: unknown, taken: ReadonlySet<string>): unknown {
  const bindings = isObject(objects) ? objects['bindings'] : undefined
  if (!Array.isArray(bindings)) return own.durable_objects ?? objects
  const others = bindings.filter((each) => !isObject(each) || !taken.has(String(each['name'])))
  return { bindings: [...(own.durable_objects?.bindings ?? []), ...(others as unknown[])] }
}

/** Producers by their names in `env`, consumers by their queues. */
function mergeQueues({ queues: own }: AppJson, queues: unknown, taken: ReadonlySet<string>): unknown {
  if (!isObject(queues)) return own ?? queues
  const { producers, consumers } = queues
  const consumed = new Set(own?.consumers?.map(({ queue }) => queue))
  return {
    ...(producers === undefined && own?.producers === undefined
      ? {}
      : { producers: mergeLists(own?.producers, producers, (each) => taken.has(String(each['binding']))) }),
    ...(consumers === undefined && own?.consumers === undefined
      ? {}
      : { consumers: mergeLists(own?.consumers, consumers, (each) => consumed.has(String(each['queue']))) }),
  }
}

function mergeLists(
  own: readonly unknown[] = [],
  others: unknown = [],
  isTaken: (each: WranglerJson) => boolean,
): unknown {
  if (!Array.isArray(others)) return others
  return [...own, ...(others as unknown[]).filter((each) => !isObject(each) || !isTaken(each))]
}

/** All members of `env`. */
export function toMemberNames(app: AppJson): ReadonlySet<string> {
  return new Set(toBoundNames(app).map(({ name }) => name))
}

export function without<Values extends object>(values: Values, names: ReadonlySet<string> | object): Values {
  const has =
    names instanceof Set ? (name: string) => names.has(name) : (name: string) => Object.hasOwn(names, name)
  return Object.fromEntries(Object.entries(values).filter(([name]) => !has(name))) as Values
}

function withoutBinding(assets: WranglerJson, taken: ReadonlySet<string>): WranglerJson {
  return typeof assets['binding'] === 'string' && taken.has(assets['binding'])
    ? without(assets, new Set(['binding']))
    : assets
}
