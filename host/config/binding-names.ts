/** Every member of an app's `env` has a name of its own, whatever key of the settings it comes from. */

import type * as z from 'zod'

import { expected } from './values.ts'

/** The keys that list bindings, each with its name as `binding`. */
export const BINDING_KEYS = ['kv_namespaces', 'd1_databases', 'r2_buckets', 'services', 'hyperdrive'] as const

type Bound = {
  readonly [Key in (typeof BINDING_KEYS)[number]]?: readonly { readonly binding: string }[] | undefined
} & {
  readonly env?: Readonly<Record<string, unknown>> | undefined
  readonly assets?: { readonly binding?: string | undefined } | undefined
  readonly secrets?: Readonly<Record<string, unknown>> | undefined
  readonly ratelimits?: readonly { readonly name: string }[] | undefined
  readonly queues?: { readonly producers?: readonly { readonly binding: string }[] } | undefined
  readonly durable_objects?: { readonly bindings: readonly { readonly name: string }[] } | undefined
}

/** A name in `env`, and the keys that lead to where it stands. */
interface BoundName {
  readonly name: string
  readonly path: readonly (string | number)[]
}

/** Every member of `env`, in the order of its keys. */
export function toBoundNames(app: Bound): BoundName[] {
  const { assets, durable_objects: objects, queues, ratelimits = [] } = app
  return [
    ...Object.keys(app.env ?? {}).map((name) => ({ name, path: ['env', name] })),
    ...(assets?.binding === undefined ? [] : [{ name: assets.binding, path: ['assets', 'binding'] }]),
    ...Object.keys(app.secrets ?? {}).map((name) => ({ name, path: ['secrets', name] })),
    ...BINDING_KEYS.flatMap((key) =>
      (app[key] ?? []).map(({ binding }, index) => ({ name: binding, path: [key, index, 'binding'] })),
    ),
    ...(queues?.producers ?? []).map(({ binding }, index) => ({
      name: binding,
      path: ['queues', 'producers', index, 'binding'],
    })),
    ...ratelimits.map(({ name }, index) => ({ name, path: ['ratelimits', index, 'name'] })),
    ...(objects?.bindings ?? []).map(({ name }, index) => ({
      name,
      path: ['durable_objects', 'bindings', index, 'name'],
    })),
  ]
}

/** A schema of settings in which no two members of `env` have one name. */
export function withOwnNames<Schema extends z.ZodType<Bound>>(schema: Schema): Schema {
  return schema.superRefine((app, context) => {
    const taken = new Set<string>()
    for (const { name, path } of toBoundNames(app)) {
      const message = expected('a name that nothing else in the env of the app has')({ input: name })
      if (taken.has(name)) context.addIssue({ code: 'custom', path: [...path], message })
      taken.add(name)
    }
  })
}
