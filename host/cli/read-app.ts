/** What commands send that ship an app: its component, built if it has to be, and its settings. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { readComponentFile } from '../deploy/open-component.ts'
import type { Brought } from '../deploy/open-component.ts'
import type { Progress } from './progress.ts'
import { usage } from './usage.ts'
import { toEnvironment } from './wrangler-project.ts'
import type { WranglerOptions } from './wrangler-project.ts'

/** A component at the path, or built from it. */
export async function readApp(
  app: string,
  options: WranglerOptions & { readonly allowRead?: readonly string[] | undefined },
  progress: Progress,
): Promise<Brought> {
  const { allowRead = [] } = options
  const listener = {
    onBuild: () => progress.show({ text: `building ${app}`, done: 0, total: 1 }),
    onWarning: (warning: string) => progress.warn(warning),
  }
  return await readComponentFile(resolve(app), listener, {
    allowRead: allowRead.map((each) => resolve(each)),
    environment: toEnvironment(options),
  })
}

/** The text of a file of settings. Throws USAGE. */
export function readSettings(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw usage(`--settings: ${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}
