/** One app of the registry: what serves it, and which host names are its own. */

import type { AppConfig } from '../config/config.ts'
import type { CanaryRoute, Route } from '../deploy/change.ts'
import type { Deployment } from '../deploy/deployment.ts'

/** Who says what an app is: a configuration file, or whoever deployed it. Nobody else may change it. */
export type Owner = 'file' | 'deployed'

/** A version with a part of the requests. */
export interface Canary {
  readonly deployment: Deployment
  readonly config: AppConfig
  /** Between 0 and 100. */
  readonly percent: number
}

export class ServedApp {
  readonly name: string
  readonly owner: Owner
  /** What serves. */
  deployment: Deployment | undefined
  /** What it was told. */
  config: AppConfig | undefined
  /** Serves beside it. */
  canary: Canary | undefined
  /** Where its requests go; undefined: it was never switched to. */
  route: Route | undefined
  /** The host names of what was asked for and is not done. */
  readonly reserved: string[] = []

  constructor(name: string, owner: Owner) {
    this.name = name
    this.owner = owner
  }

  /** The host name that leads to it, or is going to. */
  get hostname(): string {
    return this.route?.hostname ?? this.reserved[0] ?? ''
  }

  /** `unavailable`: its requests are refused. */
  get state(): 'opening' | 'serving' | 'unavailable' {
    if (this.route === undefined) return 'opening'
    return this.deployment === undefined ? 'unavailable' : 'serving'
  }

  has(hostname: string): boolean {
    return this.route?.hostname === hostname || this.reserved.includes(hostname)
  }

  /** Why nobody else may have its name. */
  get ownerText(): string {
    return this.owner === 'file'
      ? `app ${this.name} stands in the configuration file; change it there`
      : `app ${this.name} was deployed; delete it first, or give yours another name`
  }
}

/** The version that serves says how its clients are told apart. */
export function toCanaryRoute({ deployment, percent }: Canary, { name, config }: ServedApp): CanaryRoute {
  const { id, version = id } = deployment
  return { deployment: id, percent, salt: `${name}/${version}`, stickyBy: config?.stickyBy }
}
