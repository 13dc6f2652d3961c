/**
 * Which variables and bindings the app's top level asks for. It runs when the app is built, where no deployment is: the
 * builder is told each name, and the host makes the image again, with what a deployment has, where it has one of them.
 *
 *     env.NAME, process.env.NAME    a proxy, which passes everything on
 *     NAME, globalThis.NAME         another one, behind the global object: only what is not there gets as far
 *
 * Both are out of the way once the top level is over: a turn meets neither.
 */

import { ownKeys, makeTable, toJson } from './globals/primordials.ts'
import { phase } from './turn/phase.ts'

/** Where lines go while the app is built: the builder reads them (host/build/read-collector.ts). */
const builder = console
const MARK = '\u001fnano:env'
/** Who asks for more names asks for all. */
const MOST_NAMES = 1000
const TRAPS = ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor'] as const

const { deleteProperty, get, getOwnPropertyDescriptor, getPrototypeOf, has, setPrototypeOf } = Reflect
const NativeProxy = Proxy
const { create } = Object

/**
 * `member` and `global`: a name; `all`: of members. `classic`: members are globals. `done`: the top level came to its end.
 * `export`: what a portable build cannot be called by.
 */
type Told = 'member' | 'global' | 'all' | 'classic' | 'done' | 'export'

const told = makeTable<string, true>()
const handlers: ProxyHandler<object>[] = []

export function tellBuilder(what: Told, name: unknown = ''): void {
  if (typeof name !== 'string') return
  const text = toJson(told.size < MOST_NAMES || name === '' ? [what, name] : ['all', ''])
  if (told.get(text) === true) return
  told.set(text, true)
  builder.log(MARK + text)
}

/** The object, with whoever asks it for members at the top level noted. */
export function observe<T extends object>(target: T): T {
  if (phase.isLive) return target
  const handler: ProxyHandler<T> = {
    get(object, name, receiver) {
      tellBuilder('member', name)
      return get(object, name, receiver) as unknown
    },
    has(object, name) {
      tellBuilder('member', name)
      return has(object, name)
    },
    ownKeys(object) {
      tellBuilder('all')
      return ownKeys(object)
    },
    getOwnPropertyDescriptor(object, name) {
      tellBuilder('member', name)
      return getOwnPropertyDescriptor(object, name)
    },
  }
  handlers[handlers.length] = handler
  return new NativeProxy(target, handler)
}

/** Before the first turn. */
export function endObservation(): void {
  for (let i = 0; i < handlers.length; i++) {
    for (let j = 0; j < TRAPS.length; j++) deleteProperty(handlers[i] as object, TRAPS[j] as string)
  }
}

/** Notes names that are looked up and are no globals. Returns what ends it. */
export function watchGlobals(): () => void {
  const prototype = getPrototypeOf(globalThis)
  const watcher = new NativeProxy(create(prototype) as object, {
    get(object, name, receiver) {
      tellBuilder('global', name)
      return get(object, name, receiver) as unknown
    },
    has(object, name) {
      tellBuilder('global', name)
      return has(object, name)
    },
  })
  setPrototypeOf(globalThis, watcher)
  return () => {
    if (getPrototypeOf(globalThis) === watcher) setPrototypeOf(globalThis, prototype)
  }
}
