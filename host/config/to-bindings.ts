/** The bindings of an app's settings as members of its `env`. */

import type { Env, EnvValue } from './env.ts'
import { toResource } from './resource.ts'
import type { AppSettings } from './schema.ts'

/** What only nano.json says of them. */
export interface SharedBindings {
  readonly kv_namespaces?: readonly (NonNullable<AppSettings['kv_namespaces']>[number] & {
    readonly shared?: boolean
  })[]
  readonly assets?: { readonly binding?: string }
}

/** `app`: its name. */
export function toBindings(app: string, { assets, kv_namespaces: namespaces = [] }: SharedBindings): Env {
  const kv = namespaces.map(({ binding, id = binding, shared = false }): [string, EnvValue] => [
    binding,
    { type: 'binding', kind: 'kv', settings: '{}', resource: toResource('kv', shared ? undefined : app, id) },
  ])
  return Object.fromEntries([...toAssets(app, assets?.binding), ...kv])
}

function toAssets(app: string, binding: string | undefined): [string, EnvValue][] {
  if (binding === undefined) return []
  return [
    [binding, { type: 'binding', kind: 'assets', settings: '{}', resource: toResource('assets', app, '') }],
  ]
}
