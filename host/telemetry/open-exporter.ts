/** The exporter, loaded only when something goes out. */

import type { Exporter, ExporterOptions } from './exporter.ts'
import type { TelemetrySettings } from './settings.ts'

export async function openExporter(
  settings: TelemetrySettings | undefined,
  options: Pick<ExporterOptions, 'snapshot' | 'onError'>,
): Promise<Exporter | undefined> {
  if (settings === undefined) return undefined
  const { Exporter } = await import('./exporter.ts')
  return new Exporter({ settings, ...options })
}
