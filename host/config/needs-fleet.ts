/** What the configuration asks of a fleet that it does not name. Looks at the file's plain value, as unique.ts. */

import type { Path } from '../json/places.ts'

const TEXT = 'expected "fleet" beside "storage", which says where the NATS servers are, got none'

/** Stores that are to be the fleet's where there is no fleet. */
export function findFleetless(value: unknown): { readonly path: Path; readonly text: string }[] {
  const { storage, fleet } = toObject(value)
  if (fleet !== undefined) return []
  return Object.entries(toObject(storage)).flatMap(([kind, where]) =>
    where === 'fleet' ? [{ path: ['storage', kind], text: TEXT }] : [],
  )
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
