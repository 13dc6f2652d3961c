/** Changes of deployed apps that are agreed with the other hosts of a fleet. This host's catalog follows what is agreed. */

import { KEPT_VERSIONS } from '../artifacts/local-store.ts'
import type { Active, StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { Opener } from '../deploy/opener.ts'
import { toStored } from '../fleet/app-state.ts'
import type { FleetApp, FleetEntry } from '../fleet/app-state.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { toRollout } from '../fleet/rollouts.ts'
import type { Agreed, Agreement } from './agreement.ts'

type Asked = Pick<Opener, 'ask'>

export class FleetAgreement implements Agreement {
  readonly #fleet: Pick<Fleet, 'read' | 'commit' | 'remove' | 'bring' | 'settings'>
  readonly #opener: Asked
  /** This host becomes what is agreed, as far as it can. */
  readonly #become: (app: string, entry: FleetEntry | undefined) => Promise<void>

  constructor(
    fleet: Pick<Fleet, 'read' | 'commit' | 'remove' | 'bring' | 'settings'>,
    opener: Asked,
    become: (app: string, entry: FleetEntry | undefined) => Promise<void>,
  ) {
    this.#fleet = fleet
    this.#opener = opener
    this.#become = become
  }

  get firstPercent(): number | undefined {
    return this.#fleet.settings.rollout?.steps[0]
  }

  async begin(app: string): Promise<Agreed> {
    const entry = await this.#fleet.read(app)
    // what this host cannot serve may be what the change is to mend
    await this.#become(app, entry).catch(() => undefined)
    await this.#opener.ask('mirror', { app, versions: entry?.app.versions ?? [] })
    return {
      before: entry && toStored(entry),
      agree: (active, isRollout = false) => this.#agree(active, entry, isRollout),
      keep: () => this.#keep(app, entry),
      forget: async () => {
        if (entry !== undefined) await this.#fleet.remove(entry)
        return (await this.#opener.ask('remove', app)) || entry !== undefined
      },
    }
  }

  async look(app: string): Promise<FleetEntry | undefined> {
    return await this.#fleet.read(app)
  }

  async bring(version: StoredVersion): Promise<void> {
    await this.#fleet.bring(version)
  }

  async #agree(
    { app, number, canary }: Active,
    before: FleetEntry | undefined,
    isRollout: boolean,
  ): Promise<StoredApp> {
    const rollout = isRollout ? toRollout(this.#fleet.settings.rollout, canary?.version) : undefined
    const versions = toKept(await this.#opener.ask('versions', app), [number, canary?.version])
    const next: FleetApp = {
      name: app,
      versions,
      active: number,
      canary,
      rollout,
      refused: undefined,
    }
    const { revision } = await this.#fleet.commit(next, before)
    return await this.#opener.ask('activate', { app, number, canary, revision })
  }

  /** Of what serves nothing changes. */
  async #keep(name: string, before: FleetEntry | undefined): Promise<void> {
    const old = before?.app ?? {
      name,
      active: undefined,
      canary: undefined,
      rollout: undefined,
      refused: undefined,
    }
    const versions = toKept(await this.#opener.ask('versions', name), [old.active, old.canary?.version])
    const isKept = versions.every(({ number }) => before?.app.versions.some((each) => each.number === number))
    if (isKept) return
    const { app, revision } = await this.#fleet.commit({ ...old, versions }, before)
    const { active, canary } = app
    if (active !== undefined)
      await this.#opener.ask('activate', { app: name, number: active, canary, revision })
  }
}

/** The newest versions, and those that serve. What a component comes to is each host's own. */
function toKept(
  versions: readonly StoredVersion[],
  serving: readonly (number | undefined)[],
): readonly StoredVersion[] {
  return versions
    .filter(({ number }, index) => index < KEPT_VERSIONS || serving.includes(number))
    .map((version) => ({ ...version, image: undefined }))
}
