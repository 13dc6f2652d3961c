/** The routes of a wrangler file as host names. */

import { isObject } from './file.ts'
import type { WranglerJson } from './file.ts'
import type { Say } from './say.ts'

/** A host name, perhaps with all of its paths; patterns are none. */
const ROUTE = /^(?:https?:\/\/)?([a-z0-9.-]+)(\/\*?)?$/i

/** The one that the app gets. What else is asked for is said. */
export function toHost(json: WranglerJson, say: Say): string | undefined {
  const routes = [json['route'], json['routes']].flat().filter((route) => route !== undefined)
  const [first, ...more] = routes.flatMap((route) => {
    const pattern = isObject(route) ? route['pattern'] : route
    const [, host] = typeof pattern === 'string' ? (ROUTE.exec(pattern) ?? []) : []
    if (host !== undefined) return host.toLowerCase()
    const text = `expected a host name with all of its paths, got ${JSON.stringify(pattern)}`
    say('routes', `${text}; an app has whole host names: give it one with --hostname`)
    return []
  })
  const others = [...new Set(more)].filter((host) => host !== first)
  if (others.length > 0) {
    say(
      'routes',
      `${first} is taken, ${others.join(', ')} not; deploy the app once more for each, by --name and --hostname`,
    )
  }
  return first
}
