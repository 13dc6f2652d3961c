/** What no two apps may share. Looks at the file's plain value, so that it is told beside whatever else is wrong. */

import { toHostName } from '../http/host-name.ts'
import type { Path } from '../json/places.ts'

interface Taken {
  readonly path: Path
  readonly text: string
}

/** Each name and host name that an app before has, in whatever capitals. */
export function findTaken(value: unknown): Taken[] {
  const apps = read(value, 'apps')
  if (!Array.isArray(apps)) return []
  const names = new Map<string, number>()
  const hosts = new Map<string, number>()
  return apps.flatMap((app: unknown, index) => {
    const name = read(app, 'name')
    const given = read(app, 'hostname')
    const host = given ?? name
    const found: Taken[] = []
    const take = (taken: Map<string, number>, key: string | undefined, member: string): void => {
      if (key === undefined) return
      const first = taken.get(key)
      const text = `"${key}" is already taken by apps[${first}] (capitals make no difference)`
      if (first === undefined) taken.set(key, index)
      else found.push({ path: ['apps', index, member], text })
    }
    take(names, typeof name === 'string' ? name.toLowerCase() : undefined, 'name')
    take(
      hosts,
      typeof host === 'string' ? toHostName(host) : undefined,
      given === undefined ? 'name' : 'hostname',
    )
    return found
  })
}

function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
