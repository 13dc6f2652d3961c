/** What a configuration would change on a running server, asked of it and as people read it. */

import { NanoError } from '../errors.ts'
import { AdminClient } from './admin-client.ts'

/** As the admin API gives it. */
export interface Plan {
  readonly added: readonly string[]
  readonly changed: readonly { readonly app: string; readonly keys: readonly string[] }[]
  readonly removed: readonly string[]
  readonly unchanged: readonly string[]
  readonly refused: readonly { readonly app: string; readonly reason: string }[]
  readonly applied: readonly string[]
  readonly needs_restart: readonly string[]
}

/**
 * Of the server that NANO_ADMIN_URL names; undefined: it names none, or does not tell. A pipeline's token is for its own
 * apps, and a file that it checks is no worse for that.
 */
export async function askPlan(text: string): Promise<Plan | undefined> {
  if (!process.env['NANO_ADMIN_URL']) return undefined
  try {
    return await new AdminClient().ask<Plan>('POST', '/admin/plan', { json: { config: text } })
  } catch (error) {
    if (!(error instanceof NanoError) || error.code !== 'FORBIDDEN') throw error
    process.stderr.write(`what it would change on the server is not told: ${error.message}\n`)
    return undefined
  }
}

export function toPlanText(plan: Plan): string {
  const { added, changed, removed, unchanged, refused, applied, needs_restart: restart } = plan
  const lines = [
    ...added.map((app) => `+ ${app}`),
    ...changed.map(({ app, keys }) => `~ ${app}: ${keys.join(', ')}`),
    ...removed.map((app) => `- ${app}`),
    ...refused.map(({ app, reason }) => `! ${app}: ${reason}`),
    ...applied.map((key) => `~ ${key}`),
    ...restart.map((key) => `~ ${key}, from the next start`),
  ]
  return [`on the running server, ${unchanged.length} apps unchanged:`, ...lines, ''].join('\n')
}
