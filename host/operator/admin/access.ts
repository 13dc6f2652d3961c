/**
 * What whoever asks may do, by the scopes of a token:
 *
 *     read            see every app and the log, but for components, which hold an app's code
 *     deploy:<app>    see the app, put its versions, choose among them, delete it; what the app may reach and its host name
 *                     stay as they are, and it may use up no more than before
 *     all             everything
 */

import type { StoredVersion } from '../../artifacts/store.ts'
import { BINDING_KEYS } from '../../config/binding-names.ts'
import { FILE_LIMITS } from '../../config/limits.ts'
import type { Limits } from '../../config/limits.ts'
import { NanoError } from '../../errors.ts'
import { toChanges } from '../../registry/deploy-report.ts'
import type { Settings } from '../../registry/deploy-report.ts'

export interface Scopes {
  readonly read: boolean
  readonly all: boolean
  /** Names of apps. */
  readonly deploy: ReadonlySet<string>
}

/** Settings that are the app's own affair. */
const OWN = [
  'env.',
  'assets',
  'triggers',
  ...BINDING_KEYS,
  'ratelimits',
  'queues',
  'durable_objects',
  'migrations',
]

/** The apps that the settings call. */
function toServices({ settings }: Pick<Settings, 'settings'>): string[] {
  const { services } = JSON.parse(settings) as { services?: unknown }
  if (!Array.isArray(services)) return []
  return services.flatMap((each: { service?: unknown } | null) =>
    typeof each?.service === 'string' ? [each.service] : [],
  )
}

export class Access {
  /** Whose it is, for messages. */
  readonly name: string
  readonly #scopes: Scopes

  constructor(name: string, scopes: Scopes) {
    this.name = name
    this.#scopes = scopes
  }

  /** Whether the other one may do the same: no more and no less. */
  equals(access: Access): boolean {
    const { read, all, deploy } = this.#scopes
    const other = access.#scopes
    return read === other.read && all === other.all && deploy.symmetricDifference(other.deploy).size === 0
  }

  mayRead(app: string): boolean {
    return this.#scopes.read || this.mayDeploy(app)
  }

  mayDeploy(app: string): boolean {
    return this.#scopes.all || this.#scopes.deploy.has(app)
  }

  /** What is of no app. */
  get mayReadServer(): boolean {
    return this.#scopes.read || this.#scopes.all
  }

  /** Throws FORBIDDEN. */
  expectReadServer(): void {
    if (!this.mayReadServer) this.#refuse('read')
  }

  expectRead(app: string): void {
    if (!this.mayRead(app)) this.#refuse(`read or deploy:${app}`)
  }

  expectDeploy(app: string): void {
    if (!this.mayDeploy(app)) this.#refuse(`deploy:${app}`)
  }

  expectAll(): void {
    if (!this.#scopes.all) this.#refuse('all')
  }

  /**
   * Throws FORBIDDEN for a change of what is not the app's own affair, and for more than it had. A new app has the server's
   * settings before it. `limitsOf`: what settings come to.
   */
  expectSettings(
    app: string,
    before: StoredVersion | undefined,
    next: Settings,
    limitsOf: (settings: Settings) => Limits,
  ): void {
    if (this.#scopes.all) return
    const old = before ?? { hostname: app, settings: '{}' }
    // who may put an app may say who calls its entrypoints
    const had = new Set([app, ...toServices(old)])
    const other = toServices(next).find((name) => !had.has(name) && !this.mayDeploy(name))
    if (other !== undefined) this.#refuse(`deploy:${other}`, `to call app ${other} from ${app}`)
    const isLower = (key: string): boolean => {
      const name = FILE_LIMITS[key]
      return name !== undefined && limitsOf(next)[name] <= limitsOf(old)[name]
    }
    const keys = toChanges(old, next)
      .map(({ key }) => key)
      .filter((key) => !OWN.some((own) => key.startsWith(own)) && !isLower(key))
    if (keys.length > 0) this.#refuse('all', `to change ${keys.join(', ')} of app ${app}`)
  }

  #refuse(scope: string, what = 'for this'): never {
    throw new NanoError('FORBIDDEN', `expected a token with scope ${scope} ${what}, got ${this.name}`)
  }
}
