/** Every member of an app's `env` has a name of its own, whatever key of the settings it comes from. */

import type * as z from 'zod'

import { expected } from './values.ts'

/** The keys that list bindings, each with its name as `binding`. */
export const BINDING_KEYS = ['kv_namespaces', 'd1_databases', 'r2_buckets', 'services'] as const

type Bound = {
  readonly [Key in (typeof BINDING_KEYS)[number]]?: readonly { readonly binding: string }[] | undefined
} & {
  readonly env?: Readonly<Record<string, unknown>> | undefined
  readonly assets?: { readonly binding?: string | undefined } | undefined
  readonly secrets?: Readonly<Record<string, unknown>> | undefined
}

/** A schema of settings in which no two members of `env` have one name. */
export function withOwnNames<Schema extends z.ZodType<Bound>>(schema: Schema): Schema {
  return schema.superRefine((app, context) => {
    const refuse = (path: (string | number)[], input: string): void => {
      const message = expected('a name that nothing else in the env of the app has')({ input })
      context.addIssue({ code: 'custom', path, message })
    }
    const taken = new Set(Object.keys(app.env ?? {}))
    const assets = app.assets?.binding
    if (assets !== undefined && taken.has(assets)) refuse(['assets', 'binding'], assets)
    if (assets !== undefined) taken.add(assets)
    for (const name of Object.keys(app.secrets ?? {})) {
      if (taken.has(name)) refuse(['secrets', name], name)
      taken.add(name)
    }
    for (const key of BINDING_KEYS) {
      for (const [index, { binding }] of (app[key] ?? []).entries()) {
        if (!taken.has(binding)) taken.add(binding)
        else refuse([key, index, 'binding'], binding)
      }
    }
  })
}
