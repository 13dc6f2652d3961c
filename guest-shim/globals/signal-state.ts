/**
 * What an AbortSignal is besides an EventTarget. Apart from the class, since an EventTarget takes signals itself.
 *
 *     following --a source aborts, or its controller says so-->  aborted, for good
 *
 * Memory: a signal that follows others (`AbortSignal.any`) is known to them weakly, unless somebody hears of its end; then
 * they keep it. What has aborted is kept by nobody, and keeps no algorithm.
 */

import { uncurry } from './primordials.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

export interface SignalState {
  readonly signal: object
  isAborted: boolean
  reason: unknown
  /** What runs when it aborts, before its event; undefined when there is nothing. */
  algorithms: (() => void)[] | undefined
  /** Those that it follows; none of them follows another. Undefined for a signal with a controller. */
  sources: readonly WeakRef<SignalState>[] | undefined
  /** Listeners and algorithms. */
  heard: number
  followers: WeakRef<SignalState>[]
  /** How many followers are looked through for those that are gone. */
  pruneAt: number
  /** Followers that would be missed. */
  readonly kept: Set<SignalState>
}

const states = new WeakMap<object, SignalState>()
const getState = uncurry(states.get) as (map: typeof states, signal: object) => SignalState | undefined
const deref = uncurry(WeakRef.prototype.deref) as (ref: WeakRef<SignalState>) => SignalState | undefined
const add = uncurry(Set.prototype.add)
const remove = uncurry(Set.prototype.delete)
const NativeWeakRef = WeakRef
const NativeSet = Set

/** Followers that may be gone before one looks. */
const FEWEST = 8

export function makeSignal(signal: object): void {
  states.set(signal, {
    signal,
    isAborted: false,
    reason: undefined,
    algorithms: undefined,
    sources: undefined,
    heard: 0,
    followers: [],
    pruneAt: FEWEST,
    kept: new NativeSet(),
  })
}

/** Undefined for what is no AbortSignal. */
export const signalOf = (value: unknown): SignalState | undefined =>
  typeof value === 'object' && value !== null ? getState(states, value) : undefined

export function addAlgorithm(state: SignalState, algorithm: () => void): void {
  if (state.isAborted) return
  if (state.algorithms === undefined) state.algorithms = [algorithm]
  else state.algorithms[state.algorithms.length] = algorithm
  hear(state)
}

export function removeAlgorithm(state: SignalState, algorithm: () => void): void {
  const rest: (() => void)[] = []
  for (const other of state.algorithms ?? []) {
    if (other === algorithm) unhear(state)
    else rest[rest.length] = other
  }
  state.algorithms = rest.length === 0 ? undefined : rest
}

/** One more would miss it: those that it follows keep it. */
export function hear(state: SignalState): void {
  if (state.heard++ === 0 && !state.isAborted) eachSource(state, (source) => add(source.kept, state))
}

/** One less. */
export function unhear(state: SignalState): void {
  if (--state.heard === 0) letGo(state)
}

function letGo(state: SignalState): void {
  eachSource(state, (source) => remove(source.kept, state))
}

/** Has it follow these, none of which has aborted. */
export function follow(state: SignalState, leaders: readonly SignalState[]): void {
  const sources: WeakRef<SignalState>[] = []
  const join = (source: SignalState) => {
    sources[sources.length] = new NativeWeakRef(source)
    prune(source)
    source.followers[source.followers.length] = new NativeWeakRef(state)
  }
  for (const leader of leaders) {
    if (leader.sources === undefined) join(leader)
    else eachSource(leader, join)
  }
  state.sources = sources
}

/** The signals that abort with it, itself the first; each has its reason then. */
export function markAborted(state: SignalState, reason: unknown): SignalState[] {
  const all = [state]
  const { followers } = state
  for (let i = 0; i < followers.length; i++) {
    const follower = deref(followers[i] as WeakRef<SignalState>)
    if (follower !== undefined && !follower.isAborted) all[all.length] = follower
  }
  for (const each of all) {
    each.isAborted = true
    each.reason = reason
    each.followers = []
    letGo(each)
  }
  return all
}

function eachSource({ sources = [] }: SignalState, visit: (source: SignalState) => void): void {
  for (let i = 0; i < sources.length; i++) {
    const source = deref(sources[i] as WeakRef<SignalState>)
    if (source !== undefined) visit(source)
  }
}

/** Drops followers that are gone, whenever there are twice as many as were left the last time. */
function prune(source: SignalState): void {
  const { followers } = source
  if (followers.length < source.pruneAt) return
  const rest: WeakRef<SignalState>[] = []
  for (const ref of followers) {
    const follower = deref(ref)
    if (follower !== undefined && !follower.isAborted) rest[rest.length] = ref
  }
  source.followers = rest
  source.pruneAt = Math.max(FEWEST, 2 * rest.length)
}
