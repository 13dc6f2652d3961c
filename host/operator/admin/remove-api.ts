/** Apps that go, through the admin API: alone, or with what they have kept. */

import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'

import { defined } from '../../config/defined.ts'
import type { Env } from '../../config/env.ts'
import { NanoError } from '../../errors.ts'
import type { DeployedApps, Guard } from '../../registry/deployed.ts'
import type { AdminEnv } from './admin-env.ts'
import { eraseData } from './erase-data.ts'
import { toGuard } from './preconditions.ts'
import * as routes from './routes.ts'
import type { AdminServices, ServedApps } from './services.ts'

export interface RemovalServices {
  /** Throws while the server starts. */
  readonly served: () => Pick<ServedApps, 'registry' | 'storage' | 'fleet'>
  /** Throws where there is no data directory. */
  readonly deployed: () => DeployedApps
  readonly log: AdminServices['log']
}

interface Removal {
  readonly name: string
  readonly guard: Guard
  /** `true`: with its data. */
  readonly data: string | undefined
}

export function addRemoval(api: OpenAPIHono<AdminEnv>, services: RemovalServices): void {
  const { served, deployed } = services
  const remove = async (c: Context<AdminEnv>, { name, guard, data }: Removal) => {
    const erase =
      data === 'true' ? (envs: readonly Env[]) => eraseData(served().storage, name, envs) : undefined
    await deployed().remove(name, guard, erase)
    const keptBy = erase === undefined ? undefined : await findOthers(served().fleet)
    const what = erase === undefined ? 'deleted' : 'deleted with its data'
    services.log({ level: 'info', app: name, text: `${what} by ${c.var.access.name}` })
    return c.json({ success: true as const, ...defined({ kept_by: keptBy }) }, 200)
  }

  api.openapi(routes.deleteApp, async (c) => {
    const { name } = c.req.valid('param')
    c.var.access.expectDeploy(name)
    return await remove(c, { name, guard: toGuard(c.req.valid('header')), data: c.req.valid('query').data })
  })

  api.openapi(routes.deleteAppByHost, async (c) => {
    const { hostname, data } = c.req.valid('query')
    const app = served().registry.apps.find((each) => each.hostname === hostname.toLowerCase())
    if (app === undefined) {
      c.var.access.expectAll()
      throw new NanoError('APP_UNKNOWN', `there is no app with host name "${hostname}"`)
    }
    c.var.access.expectDeploy(app.name)
    return await remove(c, { name: app.name, guard: () => {}, data })
  })
}

/** Hosts of the fleet besides this one, each of which may have data on a disk of its own; undefined: there are none. */
async function findOthers(fleet: ServedApps['fleet']): Promise<string[] | undefined> {
  // who cannot tell has erased what it has all the same
  const hosts = (await fleet?.hosts().catch(() => [])) ?? []
  const others = hosts.map(({ host }) => host).filter((host) => host !== fleet?.settings.host)
  return others.length === 0 ? undefined : others
}
