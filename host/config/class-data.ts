/**
 * What the data of a class of Durable Objects is called, of all that its app says about its classes. A class that was renamed has the data
 * that it had; one that is made again where another one of its name was has none; what was a deleted one's is nobody's. Pure.
 *
 *     unknown  >  data of the class's own name
 *     renamed_classes {from, to}  >  `to` has the data of `from`, and `from` none
 *     deleted_classes             >  none
 *     new_sqlite_classes          >  of a name that had data before: other data, called by the step as well
 */

import type { Env, Resource } from './env.ts'

/** The kind of a class, in `env` and among stores. */
export const DURABLE = 'durable'

/** A step, as nano.json and wrangler's files have it. */
export interface Migration {
  readonly tag: string
  readonly new_classes?: readonly string[]
  readonly new_sqlite_classes?: readonly string[]
  readonly renamed_classes?: readonly { readonly from: string; readonly to: string }[]
  readonly deleted_classes?: readonly string[]
}

/** What migrations come to. */
export interface ClassData {
  readonly names: DataNames
  /** Data that no class has any more. */
  readonly deleted: readonly string[]
}

/** By class: what its data is called, where that is not the name of the class. */
export type DataNames = Readonly<Record<string, string>>

export function toClassData(migrations: readonly Migration[]): ClassData {
  const names = new Map<string, string | undefined>()
  const used = new Set<string>()
  const deleted: string[] = []
  /** A name that nobody's data has had. */
  const toNew = (name: string, tag: string): string => {
    let own = name
    for (let step = `${name}@${tag}`; used.has(own); step += '+') own = step
    used.add(own)
    return own
  }
  /** The data that the class has; it may be older than the steps. */
  const take = (name: string, tag: string): string => {
    const known = names.get(name)
    return known ?? toNew(name, tag)
  }
  for (const { tag, ...step } of migrations) {
    for (const name of [...(step.new_classes ?? []), ...(step.new_sqlite_classes ?? [])]) {
      if (names.get(name) === undefined) names.set(name, toNew(name, tag))
    }
    const renamed = (step.renamed_classes ?? []).map(({ from, to }) => [from, to, take(from, tag)] as const)
    for (const [from] of renamed) names.set(from, undefined)
    for (const [, to, data] of renamed) names.set(to, data)
    for (const name of step.deleted_classes ?? []) {
      deleted.push(take(name, tag))
      names.set(name, undefined)
    }
  }
  const last = migrations.at(-1)?.tag ?? ''
  const entries = [...names].flatMap(([name, data]): [string, string][] => {
    // a class of a name that has none any more has data of its own, if it is served all the same
    const own = data ?? toNew(name, last)
    return own === name ? [] : [[name, own]]
  })
  return { names: Object.fromEntries(entries), deleted }
}

/** The data of an app's own classes that its `env` leads to. */
export function ownClasses(app: string, env: Env): Resource[] {
  return Object.values(env).flatMap((member) => {
    const resource = member.type === 'binding' && member.kind === DURABLE ? member.resource : undefined
    return resource?.callee?.app === app ? [resource] : []
  })
}

/** Whether a member of an app's `env` leads to this class. */
export function leadsTo(env: Env = {}, app: string, className: string): boolean {
  return Object.values(env).some((member) => {
    const callee = member.type === 'binding' && member.kind === DURABLE ? member.resource?.callee : undefined
    return callee?.app === app && callee.entrypoint === className
  })
}
