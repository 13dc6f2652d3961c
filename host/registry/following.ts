/**
 * This host serves what the hosts of its fleet have agreed on, app by app:
 *
 *     agreed  >  its versions are known  >  what the next one is made of is here  >  ready on every shard  >  named, switched
 *
 * What fails leaves what serves. What was agreed is named with its revision at the end, so that a host that ends on the way
 * does it again.
 */

import type { Active, StoredApp } from '../artifacts/store.ts'
import type { Opener } from '../deploy/opener.ts'
import { toStored } from '../fleet/app-state.ts'
import type { FleetEntry } from '../fleet/app-state.ts'
import type { Agreed, Agreement } from './agreement.ts'
import type { OpenVersion } from './open-version.ts'
import type { Registry } from './registry.ts'
import { isAnew, toSteps } from './traffic.ts'

export interface FollowingOptions {
  readonly registry: Registry
  readonly opener: Opener
  /** What serves, by app. */
  readonly serving: Map<string, StoredApp>
  readonly agreement: Pick<Agreement, 'bring'>
  /** Gives a version its part of the requests. */
  readonly switchTo: (
    opened: OpenVersion,
    percent: number,
    agreed: Pick<Agreed, 'before' | 'agree' | 'keep'>,
  ) => Promise<unknown>
}

export class Following {
  readonly #options: FollowingOptions

  constructor(options: FollowingOptions) {
    this.#options = options
  }

  /** `entry` undefined: it was agreed that there is no such app. */
  async become(name: string, entry: FleetEntry | undefined): Promise<void> {
    if (entry === undefined) return await this.#forget(name)
    const { opener, serving, agreement, switchTo } = this.#options
    const { revision, app } = entry
    const served = serving.get(name)
    if (served?.revision === revision) return
    await opener.ask('mirror', { app: name, versions: app.versions })
    const wanted = toStored(entry)
    if (wanted === undefined) return
    let before = served !== undefined && isAnew(served, app.versions) ? undefined : served
    for (const { version, percent } of toSteps(before, wanted)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await agreement.bring(version)
      // oxlint-disable-next-line no-await-in-loop
      const opened = { version, ...(await opener.ask('stored', version)) }
      const agree = (active: Active): Promise<StoredApp> => opener.ask('activate', active)
      // oxlint-disable-next-line no-await-in-loop
      await switchTo(opened, percent, { before, agree, keep: async () => {} })
      before = serving.get(name)
    }
    const { active, canary } = app
    serving.set(name, await opener.ask('activate', { app: name, number: active!, canary, revision }))
  }

  /** The app's host name is free until it becomes something again. */
  async release(name: string): Promise<void> {
    const { registry, serving } = this.#options
    serving.delete(name)
    if (registry.ownerOf(name) === 'deployed') await registry.remove(name, 'deployed')
  }

  async #forget(name: string): Promise<void> {
    await this.release(name)
    await this.#options.opener.ask('remove', name)
  }
}
