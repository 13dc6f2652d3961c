/** Deploys over the admin API: of what is sent, of what lies on the server, of what a registry has. */

import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'

import { isOci } from '../../config/oci-reference.ts'
import type { Brought } from '../../deploy/open-component.ts'
import { NanoError } from '../../errors.ts'
import type { DeployedApps, Guard } from '../../registry/deployed.ts'
import type { DeployReport } from '../../registry/deploy-report.ts'
import type { NewDeploy } from '../../registry/new-deploy.ts'
import type { AdminEnv } from './admin-env.ts'
import { pullDeploy } from './from-registry.ts'
import type { Preconditions } from './preconditions.ts'
import * as routes from './routes.ts'
import type { ServedApps } from './services.ts'
import { readUpload, settingsLimit, splitSettings, toSettings, uploadLimit } from './upload.ts'
import type { Upload } from './upload.ts'
import type { toReportBody } from './views.ts'

export interface DeployServices {
  readonly served: () => ServedApps
  readonly deployed: () => DeployedApps
  /** What is looked at when it is the turn of a change. */
  readonly toChecks: (c: Context<AdminEnv>, app: string, headers: Preconditions) => Guard
  /** What a change came to: a line of the log, the ETag, the report. */
  readonly tell: (c: Context<AdminEnv>, what: string, report: DeployReport) => ReturnType<typeof toReportBody>
}

/** What is deployed from a registry. */
interface PullAsk {
  readonly from: string
  readonly app: string
  readonly upload: Upload
  readonly given: Pick<NewDeploy, 'settings' | 'keepsSettings'>
}

export function addDeploys(
  api: OpenAPIHono<AdminEnv>,
  { served, deployed, toChecks, tell }: DeployServices,
): void {
  /** The server asks registries for whoever may do everything, and for nobody else. */
  const toPulled = async (
    c: Context<AdminEnv>,
    { from, app, upload, given }: PullAsk,
  ): Promise<Omit<NewDeploy, 'app'>> => {
    c.var.access.expectAll()
    if (upload.component !== undefined || upload.assets !== undefined) {
      throw new NanoError('REQUEST_INVALID', 'expected "from" or a component with its files, got both')
    }
    const { limits } = deployed().toConfig({ app, hostname: 'localhost', settings: '{}' })
    return await pullDeploy(from, { served: served(), given, limits })
  }

  api.openapi({ ...routes.putApp, middleware: uploadLimit() }, async (c) => {
    const { name: app } = c.req.valid('param')
    const query = c.req.valid('query')
    const upload = await readUpload(c, c.req.valid('form'))
    const said = toSettings(query.settings)
    const given = { settings: upload.settings ?? said.settings, keepsSettings: query.keep === 'true' }
    const { from } = query
    const brought =
      from === undefined ? { ...upload, ...given } : await toPulled(c, { from, app, upload, given })
    const hostname = query.hostname ?? upload.hostname ?? said.hostname
    const report = await deployed().deploy(
      { app, ...brought, hostname, percent: toPercent(query) },
      toChecks(c, app, c.req.valid('header')),
    )
    return c.json(tell(c, report.serves ? 'deployed' : 'uploaded', report), 200)
  })

  api.openapi({ ...routes.createApp, middleware: settingsLimit }, async (c) => {
    c.var.access.expectAll()
    const { name, path, allow_read: allowRead = [], ...rest } = c.req.valid('json')
    const { hostname, settings } = splitSettings(rest)
    const app = name ?? rest.hostname
    const given = { settings, keepsSettings: false }
    const brought = isOci(path)
      ? await toPulled(c, { from: path, app, upload: {}, given })
      : { ...given, ...toUpload(await served().readFile(path, allowRead)) }
    const report = await deployed().deploy({ app, ...brought, hostname }, (before) => {
      if (before !== undefined)
        throw new NanoError('APP_CONFLICT', `there is an app "${app}"; use PUT /admin/apps/${app}`)
    })
    return c.json({ success: true as const, ...tell(c, 'deployed', report) }, 201)
  })
}

function toUpload({ component, sourceMap }: Brought): Upload {
  return { component, sourceMap: sourceMap === undefined ? undefined : Buffer.from(sourceMap) }
}

/** The part of the requests that an upload gets. Throws REQUEST_INVALID. */
function toPercent({
  traffic,
  percent,
}: {
  readonly traffic?: 'all' | 'none' | undefined
  readonly percent?: number | undefined
}): number | undefined {
  if (traffic === undefined) return percent
  if (percent === undefined) return traffic === 'none' ? 0 : 100
  throw new NanoError('REQUEST_INVALID', 'expected "traffic" or "percent", got both')
}
