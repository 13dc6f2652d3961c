/** What the configuration asks of a fleet that it does not name. Looks at the file's plain value, as unique.ts. */

import type { Path } from '../json/places.ts'

const TEXT = 'expected "fleet" beside "storage", which says where the NATS servers are, got none'

const CALL_TEXT = 'expected "fleet" beside "apps", which says where the NATS servers are, got none'

/** Stores, and apps on other hosts, of the fleet where there is no fleet. */
export function findFleetless(value: unknown): { readonly path: Path; readonly text: string }[] {
  const { storage, fleet, apps } = toObject(value)
  if (fleet !== undefined) return []
  const stores = Object.entries(toObject(storage)).flatMap(([kind, where]) =>
    where === 'fleet' ? [{ path: ['storage', kind], text: TEXT }] : [],
  )
  const calls = toList(apps).flatMap((app, at) =>
    toList(toObject(app)['services']).flatMap((service, index) =>
      toObject(service)['host'] === undefined
        ? []
        : [{ path: ['apps', at, 'services', index, 'host'], text: CALL_TEXT }],
    ),
  )
  return [...stores, ...calls]
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
