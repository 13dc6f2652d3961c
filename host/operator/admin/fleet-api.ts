/** Hosts of the fleet, and how far each is, through the admin API: what `nano-workers fleet` shows. */

import type { OpenAPIHono } from '@hono/zod-openapi'

import { NanoError } from '../../errors.ts'
import { toProgress } from '../../fleet/view.ts'
import type { AdminEnv } from './admin-env.ts'
import * as routes from './routes.ts'
import type { ServedApps } from './services.ts'

/** `served` throws while the server starts. */
export function addFleet(
  api: OpenAPIHono<AdminEnv>,
  served: () => Pick<ServedApps, 'fleet' | 'deployed'>,
): void {
  api.openapi(routes.showFleet, async (c) => {
    c.var.access.expectReadServer()
    const { fleet, deployed } = served()
    if (fleet === undefined)
      throw new NanoError('NOT_FOUND', 'this host is of no fleet; see "fleet" in nano.json')
    const { search = '', limit } = c.req.valid('query')
    const hosts = fleet.state === 'alone' ? [] : await fleet.hosts()
    const names = [...fleet.entries.keys()]
      .filter((name) => name.toLowerCase().includes(search.toLowerCase()))
      .sort()
    const apps = names.slice(0, limit).map((name) => {
      const { revision } = fleet.entries.get(name)!
      const serving = deployed?.serving(name)
      return toProgress({ name, revision, serving, entry: fleet.look(name, serving) }, hosts)
    })
    return c.json(
      {
        name: fleet.settings.name,
        host: fleet.settings.host,
        state: fleet.state,
        problem: fleet.problem,
        revision: fleet.last,
        hosts: hosts.map(({ host, isAlive, release, startedAt, seenAt, revision, failures }) => ({
          host,
          alive: isAlive,
          release,
          started_at: toTime(startedAt),
          seen_at: toTime(seenAt),
          revision,
          failed: failures.map(({ app, code, reason }) => ({ app, code, reason })),
        })),
        apps: apps.map(({ converged, behind, failed, rollout, refused, ...app }) => ({
          ...app,
          rollout: rollout && { ...rollout, steps: [...rollout.steps] },
          refused: refused && { ...refused, at: toTime(refused.at) },
          converged: [...converged],
          behind: [...behind],
          failed: [...failed],
        })),
        total: limit === undefined ? undefined : names.length,
      },
      200,
    )
  })
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
