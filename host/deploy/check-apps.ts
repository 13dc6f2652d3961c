/** Whether apps could be served: each is read, or built, and its engine looked up. Nothing is served. */

import type { AppConfig, Config } from '../config/config.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { toAccess } from './app-access.ts'
import { Engines } from './open-engines.ts'
import type { OpenComponent } from './opening.ts'
import { Opener } from './opener.ts'

/** What is known of an app before it is served. */
export interface AppCheck {
  readonly app: AppConfig
  readonly outcome: OpenComponent | NanoError
  readonly warnings: readonly string[]
}

/** `onApp`: is told before each app is looked at. */
export async function checkApps(
  { apps, engines, file, oci }: Pick<Config, 'apps' | 'engines' | 'file' | 'oci'>,
  onApp: (app: AppConfig, done: number) => void,
): Promise<readonly AppCheck[]> {
  using opener = new Opener({ engines })
  const known = new Engines(engines)
  const checks: AppCheck[] = []
  for (const app of apps) {
    onApp(app, checks.length)
    const warnings = [...(app.wrangler?.warnings ?? [])]
    const check = async (): Promise<OpenComponent> => {
      const component = await opener.component(
        app.path,
        { ...toAccess(app, { file, oci }), isTrial: true },
        (note) => {
          if (note.type === 'warning') warnings.push(note.text)
        },
      )
      known.expectKnown(component.engineHash)
      return component
    }
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that progress can be told
    checks.push({ app, outcome: await check().catch(toNanoError), warnings })
  }
  return checks
}
