/** Hosts of a fleet in a test's own process, and an app of which each version says its name. */

import { readFileSync } from 'node:fs'

import type { NewDeploy } from '../../host/registry/new-deploy.ts'
import { fixture, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

/** For a change to be served by all. */
const CONVERGED_MS = 15_000

export const toDeploy = (app: string, version: string, more: Partial<NewDeploy> = {}): NewDeploy => ({
  app,
  hostname: `${app}.test`,
  settings: { env: { VERSION: version } },
  component: readFileSync(fixture('version')),
  ...more,
})

/** The version that answers, or the status. */
export async function ask(server: Served, host: string): Promise<string> {
  const { status, text } = await server.send(host, '/')
  return status === 200 ? text.split(' ', 1)[0]! : `${status}`
}

export const becomes = (server: Served, host: string, wanted: string): Promise<boolean> =>
  waitFor(async () => (await ask(server, host)) === wanted || undefined, CONVERGED_MS, `${host}: ${wanted}`)
