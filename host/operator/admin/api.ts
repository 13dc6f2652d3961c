/**
 * The admin API: what the operations of `routes.ts` do. Whoever asks has been let in (`authenticate.ts`) before any of it,
 * and what he may do is looked at before his upload is read. `DeployedApps` does the work, and puts changes of one app in
 * order; conditions and rights are looked at again when it is their turn.
 */

import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { methodNotAllowed } from 'hono/method-not-allowed'

import { NanoError, toNanoError, toStackText } from '../../errors.ts'
import type { DeployedApps, Guard } from '../../registry/deployed.ts'
import type { DeployReport, Settings } from '../../registry/deploy-report.ts'
import type { AppStatus } from '../../registry/registry.ts'
import { toErrorResponse, toMethodNotAllowed } from '../error-response.ts'
import type { LogTails } from '../log-tails.ts'
import type { Access } from './access.ts'
import type { AdminEnv } from './admin-env.ts'
import { authenticate } from './authenticate.ts'
import type { Gate } from './authenticate.ts'
import { addDeploys } from './deploy-api.ts'
import { addLogs } from './log-api.ts'
import { addD1 } from './d1-api.ts'
import { addFleet } from './fleet-api.ts'
import { addQueues } from './queues-api.ts'
import { toGuard } from './preconditions.ts'
import { addRemoval } from './remove-api.ts'
import * as routes from './routes.ts'
import type { AdminServices, ServedApps } from './services.ts'
import { parseNewAssets } from '../../assets/new-assets.ts'
import { configLimit, fileLimit, manifestLimit, settingsLimit } from './upload.ts'
import { toApp, toDetails, toEtag, toPlanBody, toReportBody, toRunReport, toVersion } from './views.ts'

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'NANO admin API', version: '1' },
}

/** Of an app without an expression. */
const EVERY_MINUTE = '* * * * *'

/** Everything under /admin. */
export function createAdminApi(services: AdminServices, gate: Gate, tails: LogTails): OpenAPIHono<AdminEnv> {
  const api = new OpenAPIHono<AdminEnv>({
    defaultHook(result) {
      if (result.success) return
      const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      throw new NanoError('REQUEST_INVALID', problems.join('\n'))
    },
  })
  api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  api.use(authenticate(gate))
  api.use(methodNotAllowed({ app: api, onMethodNotAllowed: (_c, methods) => toMethodNotAllowed(methods) }))
  api.get('/admin/health', (c) => c.json({ status: 'ok', admin: true }))
  addReading(api, services)
  addChanges(api, services)
  addD1(api, () => toServed(services))
  addQueues(api, { served: () => toServed(services), log: (entry) => services.log(entry) })
  addFleet(api, () => toServed(services))
  addRemoval(api, {
    served: () => toServed(services),
    deployed: () => toDeployed(services),
    log: (entry) => services.log(entry),
  })
  addLogs(api, {
    tails,
    tokens: gate.tokens,
    hasApp: (name) => toServed(services).registry.apps.some((app) => app.name === name),
  })
  api.doc31('/admin/openapi.json', DOCUMENT)
  api.notFound((c) =>
    toErrorResponse(new NanoError('NOT_FOUND', `there is nothing at ${c.req.path}; see /admin/openapi.json`)),
  )
  api.onError((thrown) => {
    // the library's own: a body that is none
    const error =
      thrown instanceof HTTPException
        ? new NanoError('REQUEST_INVALID', thrown.message, { cause: thrown })
        : toNanoError(thrown)
    if (error.blame === 'runtime') services.log({ level: 'error', text: `admin: ${toStackText(thrown)}` })
    return toErrorResponse(error)
  })
  return api
}

function addReading(api: OpenAPIHono<AdminEnv>, services: AdminServices): void {
  /** Of these apps alone: what is looked at does not grow with those that nobody asked for. */
  const toFacts = async (apps: readonly AppStatus[]) => {
    const { deployed } = toServed(services)
    const tenants = await services.tenants(new Set(apps.map(({ name }) => name)))
    const reports = new Map(tenants.map((report) => [report.name, report]))
    const shards = services.state().wanted
    return apps.map((status) => ({
      status,
      serving: deployed?.serving(status.name),
      report: reports.get(status.name),
      shards,
    }))
  }

  api.openapi(routes.listApps, async (c) => {
    const { search = '', limit } = c.req.valid('query')
    const apps = toServed(services)
      .registry.apps.filter((app) => c.var.access.mayRead(app.name) && isFound(app, search.toLowerCase()))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const facts = await toFacts(apps.slice(0, limit))
    return c.json({ apps: facts.map(toApp), total: limit === undefined ? undefined : apps.length }, 200)
  })

  api.openapi(routes.showApp, async (c) => {
    const { name } = c.req.valid('param')
    c.var.access.expectRead(name)
    const { registry } = toServed(services)
    const [facts] = await toFacts(registry.apps.filter((app) => app.name === name))
    if (facts === undefined) throw new NanoError('APP_UNKNOWN', `there is no app "${name}"`)
    const isDeployed = facts.status.owner === 'deployed'
    const versions = isDeployed ? await toDeployed(services).versions(name) : []
    if (facts.serving !== undefined) c.header('ETag', toEtag(facts.serving))
    return c.json(toDetails({ ...facts, versions, errors: services.errors.of(name) }), 200)
  })

  api.openapi(routes.listVersions, async (c) => {
    const { name } = c.req.valid('param')
    c.var.access.expectRead(name)
    const { versions, serving } = await toDeployed(services).known(name)
    if (serving !== undefined) c.header('ETag', toEtag(serving))
    return c.json({ app: name, versions: versions.map((version) => toVersion(version, serving)) }, 200)
  })

  api.openapi(routes.readComponent, async (c) => {
    const { name, version } = c.req.valid('param')
    c.var.access.expectDeploy(name)
    const deployed = toDeployed(services)
    const stored = await deployed.version(name, version)
    const bytes = await deployed.component(stored)
    return c.body(new Uint8Array(bytes), 200, {
      'Content-Type': 'application/wasm',
      'Content-Disposition': `attachment; filename="${name}-${version}.wasm"`,
      ETag: `"${stored.component}"`,
    })
  })
}

function addChanges(api: OpenAPIHono<AdminEnv>, services: AdminServices): void {
  /** What a change came to: a line of the log, the ETag, the report. */
  const tell = (c: Context<AdminEnv>, what: string, report: DeployReport) => {
    const { app, version, percent, milliseconds, source } = report
    const from = source === undefined ? '' : `, ${source}`
    const text = `${what} by ${c.var.access.name}: version ${version}, ${percent} %, ${milliseconds} ms${from}`
    services.log({ level: 'info', app, text })
    const serving = toDeployed(services).serving(app)
    if (serving !== undefined) c.header('ETag', toEtag(serving))
    return toReportBody(report)
  }
  api.use('/admin/apps/:name/*', async (c, next) => {
    if (c.req.method !== 'GET') c.var.access.expectDeploy(c.req.param('name'))
    await next()
  })

  addDeploys(api, {
    served: () => toServed(services),
    deployed: () => toDeployed(services),
    toChecks: (c, app, headers) => toChecks(app, { access: c.var.access, headers }, services),
    tell,
  })

  api.openapi({ ...routes.rollBack, middleware: settingsLimit }, async (c) => {
    const { name } = c.req.valid('param')
    const { version } = c.req.valid('json')
    const checks = toChecks(name, { access: c.var.access, headers: c.req.valid('header') }, services)
    const report = await toDeployed(services).rollBack(name, version, checks)
    return c.json(tell(c, 'switched', report), 200)
  })

  api.openapi({ ...routes.checkAssets, middleware: manifestLimit }, async (c) => {
    const assets = parseNewAssets(JSON.stringify(c.req.valid('json')))
    return c.json({ missing: [...(await toDeployed(services).missingFiles(assets))] }, 200)
  })

  api.openapi({ ...routes.putAsset, middleware: fileLimit }, async (c) => {
    const { hash } = c.req.valid('param')
    await toDeployed(services).putFile(hash, new Uint8Array(await c.req.arrayBuffer()))
    return c.json({ success: true as const }, 200)
  })

  api.openapi({ ...routes.purge, middleware: settingsLimit }, async (c) => {
    const { name } = c.req.valid('param')
    const { urls, tags } = c.req.valid('json')
    await toServed(services).registry.purge(name, { urls, tags })
    services.log({ level: 'info', app: name, text: `purged by ${c.var.access.name}` })
    return c.json({ success: true as const }, 200)
  })

  api.openapi({ ...routes.runScheduled, middleware: settingsLimit }, async (c) => {
    const { name } = c.req.valid('param')
    const served = toServed(services)
    const status = served.registry.apps.find((app) => app.name === name)
    if (status === undefined) throw new NanoError('APP_UNKNOWN', `there is no app "${name}"`)
    const given = c.req.valid('json')
    const scheduledTime = given.scheduled_time ?? Date.now()
    const cron = given.cron ?? status.config?.triggers?.crons[0] ?? EVERY_MINUTE
    const outcome = await served.run(name, { cron, scheduledTime })
    if (outcome === undefined)
      throw new NanoError('APP_UNAVAILABLE', `app ${name} is not served; see its log`)
    return c.json(toRunReport({ app: name, cron, scheduledTime }, outcome), 200)
  })

  api.openapi(routes.reload, async (c) => {
    c.var.access.expectAll()
    const { needsRestart, applied, ...apps } = await toServed(services).reload().catch(toRefusal)
    services.log({ level: 'info', text: `reloaded by ${c.var.access.name}` })
    const { added, changed, removed, unchanged, failed } = apps
    return c.json(
      {
        added: [...added],
        changed: [...changed],
        removed: [...removed],
        unchanged: [...unchanged],
        failed: [...failed],
        applied: [...applied],
        needs_restart: [...needsRestart],
      },
      200,
    )
  })

  api.openapi({ ...routes.plan, middleware: [expectAll, configLimit] as const }, async (c) => {
    const plan = await toServed(services).plan(c.req.valid('json').config).catch(toRefusal)
    return c.json(toPlanBody(plan), 200)
  })

  api.openapi({ ...routes.promote, middleware: settingsLimit }, async (c) => {
    const { name } = c.req.valid('param')
    const { version, percent } = c.req.valid('json')
    const checks = toChecks(name, { access: c.var.access, headers: c.req.valid('header') }, services)
    const report = await toDeployed(services).promote(name, version, percent, checks)
    return c.json(tell(c, 'switched', report), 200)
  })
}

const expectAll: MiddlewareHandler<AdminEnv> = async (c, next) => {
  c.var.access.expectAll()
  await next()
}

function isFound({ name, hostname }: AppStatus, search: string): boolean {
  return name.toLowerCase().includes(search) || hostname.includes(search)
}

/** Who asks, under what conditions. */
interface Asked {
  readonly access: Access
  readonly headers: Parameters<typeof toGuard>[0]
}

/** What is looked at when it is a change's turn: the request's conditions, and what the token may change. */
function toChecks(app: string, { access, headers }: Asked, services: AdminServices): Guard {
  const expectConditions = toGuard(headers)
  return (before, next) => {
    expectConditions(before, next)
    if (next === undefined) return
    const limitsOf = (settings: Settings) => toDeployed(services).toConfig({ app, ...settings }).limits
    access.expectSettings(app, before?.active, next, limitsOf)
  }
}

function toServed(services: AdminServices): ServedApps {
  const apps = services.apps()
  if (apps === undefined) throw new NanoError('STARTING', 'the server is starting; try again in a moment')
  return apps
}

function toDeployed(services: AdminServices): DeployedApps {
  const { deployed } = toServed(services)
  if (deployed !== undefined) return deployed
  throw new NanoError(
    'STORAGE_FAILED',
    'there is no data directory, so nothing can be deployed; give serve --data-dir <directory>',
  )
}

/** The file is as much at fault as settings that are sent. */
function toRefusal(thrown: unknown): never {
  const { code, message } = toNanoError(thrown)
  if (code !== 'CONFIG_INVALID') throw thrown
  throw new NanoError('SETTINGS_INVALID', message, { cause: thrown })
}
