/** What an app has kept goes, in every store. */

import type { Env } from '../config/env.ts'
import { askStorage } from './ask.ts'
import type { Storage } from './client.ts'
import { FORGET } from './protocol.ts'
import { STORED_KINDS } from './stores.ts'

const NOTHING = new Uint8Array(0)

/** What takes longer is asked again, and goes on. */
const FORGET_MS = 120_000

/**
 * For good: the data behind these bindings, but for what the app shares with others. Rejects with a `StorageError` when some of it
 * could not be removed; asked again, it goes on.
 */
export async function forgetData(storage: Storage, ...envs: readonly Env[]): Promise<void> {
  const resources = new Map(
    envs.flatMap(Object.values).flatMap((member) => {
      const resource = member.type === 'binding' ? member.resource : undefined
      if (resource === undefined || resource.isShared || !STORED_KINDS.has(resource.kind)) return []
      const kinds = resource.kind === 'durable' ? ['durable', 'alarms'] : [resource.kind]
      return kinds.map((kind) => [`${kind} ${resource.key}`, { kind, key: resource.key }] as const)
    }),
  )
  const outcomes = await Promise.allSettled(
    [...resources.values()].map(({ kind, key }) =>
      askStorage(storage, { kind, key, op: FORGET, args: undefined, body: NOTHING }, FORGET_MS),
    ),
  )
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}
