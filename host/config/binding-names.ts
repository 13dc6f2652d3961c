/** Every member of an app's `env` has a name of its own, whatever key of the settings it comes from. */

import type * as z from 'zod'

import { expected } from './values.ts'

/** The keys that list bindings, each with its name as `binding`. */
export const BINDING_KEYS = ['kv_namespaces'] as const

type Bound = {
  readonly [Key in (typeof BINDING_KEYS)[number]]?: readonly { readonly binding: string }[] | undefined
} & { readonly env?: Readonly<Record<string, unknown>> | undefined }

/** A schema of settings in which no two members of `env` have one name. */
export function withOwnNames<Schema extends z.ZodType<Bound>>(schema: Schema): Schema {
  return schema.superRefine((app, context) => {
    const taken = new Set(Object.keys(app.env ?? {}))
    for (const key of BINDING_KEYS) {
      for (const [index, { binding }] of (app[key] ?? []).entries()) {
        if (!taken.has(binding)) taken.add(binding)
        else {
          const message = expected('a name that nothing else in the env of the app has')({ input: binding })
          context.addIssue({ code: 'custom', path: [key, index, 'binding'], message })
        }
      }
    }
  })
}
