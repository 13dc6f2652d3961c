/**
 * What is said about an app that is deployed: what nano.json says of one, but for its path. Nothing is known of a file
 * here, so problems are told by their keys alone.
 */

import { NanoError } from '../errors.ts'
import { toHostName } from '../http/host-name.ts'
import { NO_PATH } from './config.ts'
import type { AppConfig, AppDefaults } from './config.ts'
import { defined } from './defined.ts'
import { toForeign } from './foreign-schema.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { toWhere } from '../json/places.ts'
import type { Path } from '../json/places.ts'
import { APP_SETTINGS, appName, hostName } from './schema.ts'
import { toSettings } from './to-config.ts'

// there may be ten thousand apps, and making a schema takes longer than using it
const NAME = appName()
const HOST_NAME = hostName()

/** Throws SETTINGS_INVALID with every problem, a line each. */
export function parseSettings(
  { name, hostname, settings }: { name: string; hostname: string; settings: unknown },
  defaults: AppDefaults = { limits: DEFAULT_LIMITS },
): AppConfig {
  const named = NAME.safeParse(name)
  const hosted = HOST_NAME.safeParse(hostname)
  const parsed = APP_SETTINGS.safeParse(settings)
  const problems = [
    ...(named.error?.issues ?? []).map(({ message }) => `name: ${message}`),
    ...(hosted.error?.issues ?? []).map(({ message }) => `hostname: ${message}`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => toLine(path as Path, message)),
  ]
  if (!parsed.success || problems.length > 0) throw new NanoError('SETTINGS_INVALID', problems.join('\n'))
  return {
    name,
    hostname: toHostName(hostname)!,
    path: NO_PATH,
    ...toSettings(name, parsed.data, defaults, () => undefined),
    ...defined({ foreign: toForeign(parsed.data.foreign, '/') }),
  }
}

function toLine(path: Path, message: string): string {
  return path.length === 0 ? message : `${toWhere(path)}: ${message}`
}
