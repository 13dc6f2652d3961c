/** The services of a wrangler file, as nano.json spells them. */

import { isObject } from './file.ts'
import type { WranglerJson } from './file.ts'

const MEMBERS = ['binding', 'service', 'entrypoint', 'props']

/** Undefined: there are none. One of the app itself names no service: the app may be called otherwise here. */
export function toServices({ services, name }: WranglerJson): unknown {
  if (!Array.isArray(services)) return services
  return services.map((each: unknown) => {
    if (!isObject(each)) return each
    const { environment } = each
    const isNamed = typeof environment === 'string' && environment !== '' && environment !== 'production'
    const entries = MEMBERS.flatMap((key): [string, unknown][] => {
      const value = each[key]
      if (value === undefined || value === null || (key === 'service' && value === name)) return []
      // what the key meant before it was taken away: the app that such an environment is deployed as
      const isOf = key === 'service' && isNamed && typeof value === 'string'
      return [[key, isOf ? `${value}-${environment}` : value]]
    })
    return Object.fromEntries(entries)
  })
}
