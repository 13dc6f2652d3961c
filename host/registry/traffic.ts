/**
 * Which versions of a deployed app serve, and what a change of that comes to. Pure.
 *
 *     nothing  --v 100-->  v  --w 10-->  v, and the canary w  --w 50-->  the same, with another part
 *                                        --w 100-->  w          --w 0, v 100-->  v          --x 100-->  x
 *
 * Holds: two versions serve at most, under one host name.
 */

import type { Canary, StoredApp, StoredVersion } from '../artifacts/store.ts'
import { NanoError } from '../errors.ts'

/** All requests. */
export const ALL = 100

/** A version's part of the requests. */
export function toPercent(app: StoredApp | undefined, number: number): number {
  const { active, canary } = app ?? {}
  if (canary?.version.number === number) return canary.percent
  return active?.number === number ? ALL - (canary?.percent ?? 0) : 0
}

/** Throws TRAFFIC_REFUSED when a version for this host name cannot have a part of the requests. */
export function expectSplit(
  app: string,
  before: StoredApp | undefined,
  { percent, hostname }: { readonly percent: number; readonly hostname: string },
): void {
  if (percent === 0 || percent === ALL) return
  if (before?.active.hostname === hostname) return
  const text =
    before === undefined
      ? `app ${app} has no version that could serve the rest; give this one 100 %`
      : `a version for ${hostname} cannot share requests for ${before.active.hostname}; give it 100 % or that host name`
  throw new NanoError('TRAFFIC_REFUSED', text)
}

/** What is to serve when the version gets so much; undefined: it is so. */
export function toNext(
  before: StoredApp | undefined,
  version: StoredVersion,
  percent: number,
): StoredApp | undefined {
  const { app: name, number } = version
  const isActive = before?.active.number === number
  const isCanary = before?.canary?.version.number === number
  if (percent === ALL) return isActive && before.canary === undefined ? undefined : { name, active: version }
  if (before === undefined || isActive) return undefined
  const { active } = before
  if (percent === 0) return isCanary ? { name, active } : undefined
  return isCanary && before.canary?.percent === percent
    ? undefined
    : { name, active, canary: { version, percent } }
}

/** The canary's part of what both versions are already there for; undefined: the version has to be opened first. */
export function toShare(
  before: StoredApp | undefined,
  { active, canary }: StoredApp,
  { number }: StoredVersion,
): number | undefined {
  if (before?.canary === undefined) return undefined
  if (before.canary.version.number === number) {
    if (canary !== undefined) return canary.percent
    return active.number === number ? ALL : 0
  }
  return before.active.number === number ? 0 : undefined
}

/** What a host that serves `before` does one after the other, so that it serves what others have agreed on. */
export function toSteps(
  before: StoredApp | undefined,
  { active, canary }: StoredApp,
): readonly Canary<StoredVersion>[] {
  const isActive = before?.active.number === active.number
  if (canary === undefined) {
    return isActive && before.canary === undefined ? [] : [{ version: active, percent: ALL }]
  }
  return [...(isActive ? [] : [{ version: active, percent: ALL }]), canary]
}

/** Whether numbers name other versions than they did: the app went, and there is one of its name again. */
export function isAnew({ active, canary }: StoredApp, versions: readonly StoredVersion[]): boolean {
  const isSame = ({ number, createdAt }: StoredVersion): boolean =>
    versions.every((each) => each.number !== number || each.createdAt === createdAt)
  return !isSame(active) || (canary !== undefined && !isSame(canary.version))
}

/** The version to go back to: the one with this number, or else the one before what serves. Throws VERSION_UNKNOWN. */
export function toEarlier(
  app: string,
  versions: readonly StoredVersion[],
  before: StoredApp | undefined,
  number: number | undefined,
): StoredVersion {
  const current = before?.active.number ?? 0
  const wanted = number ?? (before?.canary === undefined ? undefined : current)
  const version = versions.find((each) =>
    wanted === undefined ? each.number < current : each.number === wanted,
  )
  if (version !== undefined) return version
  throw toUnknown(app, number === undefined ? `no version before ${current}` : `no version ${number}`)
}

export function toUnknown(app: string, what: string): NanoError {
  return new NanoError('VERSION_UNKNOWN', `app ${app} has ${what}; see: nano-workers versions ${app}`)
}
