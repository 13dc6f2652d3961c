/**
 * Apps of a configuration in an order in which each finds its host name free: one that takes another's name comes after the
 * one that gives it up. Where names go round, one app has to be taken off first. Pure.
 */

import type { AppConfig } from '../config/config.ts'

export interface PutStep {
  readonly app: AppConfig
  /** The app that has the host name and is put later: it has to give it up before. */
  readonly displaces: string | undefined
}

/** `hostnameOf`: the host name that an app has now. */
export function toPuttableOrder(
  apps: readonly AppConfig[],
  hostnameOf: (name: string) => string | undefined,
): readonly PutStep[] {
  const named = new Map(apps.map((app) => [app.name, app]))
  const holders = new Map(apps.map((app) => [hostnameOf(app.name), app.name]))
  const steps: PutStep[] = []
  const begun = new Set<string>()
  const done = new Set<string>()
  const visit = (app: AppConfig): void => {
    if (begun.has(app.name)) return
    begun.add(app.name)
    const holder = named.get(holders.get(app.hostname) ?? '')
    if (holder !== undefined) visit(holder)
    const isHeld = holder !== undefined && holder !== app && !done.has(holder.name)
    steps.push({ app, displaces: isHeld ? holder.name : undefined })
    done.add(app.name)
  }
  apps.forEach(visit)
  return steps
}
