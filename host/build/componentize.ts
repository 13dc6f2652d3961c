/**
 * componentize-js, once it is needed: it brings 20 MB of tools that a host which only serves has no use for.
 *
 * It puts the world's bindings into the engine anew for every app, and what comes out is the same for all apps of one
 * world, because the shim has the exports, not the app. That takes a good half of a build's processor time, so a process
 * keeps the last result. What the splicer is given decides; whatever else componentize-js does is as it was.
 */
import { componentize as componentizeAny } from '@bytecodealliance/componentize-js'

/** What is used of it. Its own types know neither `sourceName` nor `witWorld`, and demand a file. */
type Componentize = (
  source: string,
  options: {
    readonly sourceName: string
    readonly witWorld: string
    readonly worldName: string
    readonly wizerBin: string
    readonly disableFeatures: readonly string[]
  },
) => Promise<{ component: Uint8Array }>

/** What is used of the splicer, whose module is no part of what componentize-js exports. */
interface Splicer {
  spliceBindings: (engine: Uint8Array, ...rest: readonly unknown[]) => unknown
}

const SPLICER = '../lib/spidermonkey-embedding-splicer.js'

export const componentize = componentizeAny as unknown as Componentize

const url = new URL(SPLICER, import.meta.resolve('@bytecodealliance/componentize-js'))
keepLast(((await import(url.href)) as { splicer: Splicer }).splicer)

function keepLast(splicer: Splicer): void {
  const splice = splicer.spliceBindings
  let kept: { readonly key: string; readonly result: unknown } | undefined
  splicer.spliceBindings = (engine, ...rest) => {
    // a release has one engine
    const key = JSON.stringify([engine.length, rest])
    if (kept?.key !== key) kept = { key, result: splice(engine, ...rest) }
    return kept.result
  }
}
