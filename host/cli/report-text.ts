/** What a deploy, a rollback or a promotion came to, as people read it. Pure. */

import { toDuration, toSize } from './messages.ts'

/** As the admin API gives it. */
export interface Report {
  readonly app: string
  readonly hostname: string
  readonly version: number
  readonly source?: string
  readonly previous?: number
  readonly percent: number
  readonly engine: string
  readonly engine_changed: boolean
  readonly changes: readonly { readonly key: string; readonly before?: unknown; readonly now?: unknown }[]
  readonly warnings: readonly string[]
  readonly component_bytes: number
  readonly image_bytes: number
  readonly memory_bytes: number
  readonly milliseconds: number
}

const ENGINE_DIGITS = 12

export function toReportText(report: Report): string {
  const { app, version, percent, hostname, previous, warnings, changes } = report
  const what =
    percent === 0
      ? `waits; nano-workers promote ${app} ${version}`
      : `serves ${percent === 100 ? '' : `${percent} % of `}${hostname}`
  const before =
    previous === undefined ? '' : `, ${percent === 100 ? 'in place of' : 'beside'} version ${previous}`
  const engine = `${report.engine.slice(0, ENGINE_DIGITS)}${report.engine_changed ? ' (another one than before)' : ''}`
  return [
    `${app} version ${version} ${what}${before}`,
    `  component ${toSize(report.component_bytes)}, image ${toSize(report.image_bytes)}, ` +
      `memory ${toSize(report.memory_bytes)}, engine ${engine}, ${toDuration(report.milliseconds)}`,
    ...(report.source === undefined ? [] : [`  ${report.source}`]),
    ...changes.map((change) => `  ${toChange(change)}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
    '',
  ].join('\n')
}

/** Values of `env` never come. */
function toChange({ key, before, now }: Report['changes'][number]): string {
  if (before === undefined && now === undefined) return `${key} changed`
  if (before === undefined) return `${key} is ${JSON.stringify(now)}`
  if (now === undefined) return `${key} was ${JSON.stringify(before)}, and is not given any more`
  return `${key} is ${JSON.stringify(now)}, and was ${JSON.stringify(before)}`
}
