/**
 * `error.stack` as V8 has it, since libraries read it: `Name: message`, then a line for each frame. The engine has an accessor
 * on `Error.prototype` for it, whose text is otherwise; ours stands in its place. What it gives is made when it is first
 * read (`lazy/stack.ts`), so an error that nobody looks at costs nothing more.
 */

import loadStack from '../lazy/stack.ts?lazy'
import {
  construct,
  defineProperty,
  getOwnPropertyDescriptors,
  NativeDOMException,
  NativeError,
  NativeTypeError,
  NativeWeakMap,
  uncurry,
  uncurryGetter,
} from './primordials.ts'
import { isObject } from './web-idl.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

const captureNatively = Error.captureStackTrace
const readNatively = uncurryGetter(NativeError.prototype, 'stack') as (error: object) => string

/** Where an object was made or captured. */
export interface Trace {
  /** In the engine's form. */
  readonly frames: string
  /** What `stack` gives, once it was read. */
  made?: { value: unknown }
}

const traces = new NativeWeakMap<object, Trace>()
const getTrace = uncurry(traces.get) as (map: object, key: object) => Trace | undefined
const setTrace = uncurry(traces.set) as (map: object, key: object, trace: Trace) => unknown

const stack = {
  get stack(): unknown {
    // oxlint-disable-next-line typescript/no-this-alias -- who is asked
    const error: unknown = this
    if (!isObject(error)) return undefined
    const trace = getTrace(traces, error) ?? toTrace(error)
    if (trace !== undefined && trace.made === undefined) (loadStack()['makeStack'] as MakeStack)(error, trace)
    return trace?.made?.value
  },
  set stack(value: unknown) {
    defineProperty(this, 'stack', { value, writable: true, enumerable: false, configurable: true })
  },
}
type MakeStack = (error: object, trace: Trace) => void
const OWN = { ...Object.getOwnPropertyDescriptor(stack, 'stack'), enumerable: false }

/** Of an object that is no error none. The engine itself, and the shim, may throw a DOMException without any. */
function toTrace(error: object): Trace | undefined {
  const frames = readNatively(error)
  if (frames === '' && !(error instanceof NativeDOMException)) return undefined
  const trace = { frames }
  setTrace(traces, error, trace)
  return trace
}

/** Has the frames from here on, of those below the function `below` if it is given. */
function keepFrames(target: object, below: unknown): void {
  const holder: { stack?: string } = {}
  captureNatively(holder, below as () => void)
  setTrace(traces, target, { frames: holder.stack ?? '' })
}

function captureStackTrace(target: unknown, below?: unknown): void {
  if (!isObject(target)) {
    throw new NativeTypeError(`Error.captureStackTrace: expected an object, got ${typeof target}`)
  }
  keepFrames(target, typeof below === 'function' ? below : captureStackTrace)
  defineProperty(target, 'stack', OWN)
}

/** The engine's class, whose instances have frames: the engine keeps none for them. */
function toTraced(native: typeof DOMException): typeof DOMException {
  const traced = function DOMException(...args: unknown[]): object {
    if (new.target === undefined) throw new NativeTypeError('DOMException: expected to be called with new')
    const error = construct(native, args, new.target) as object
    keepFrames(error, new.target)
    return error
  }
  const {
    length: _length,
    name: _name,
    prototype: _prototype,
    ...constants
  } = getOwnPropertyDescriptors(native)
  Object.defineProperties(traced, { ...constants, length: { value: 0 } })
  defineProperty(traced, 'prototype', { value: native.prototype, writable: false })
  defineProperty(native.prototype, 'constructor', { value: traced })
  return traced as unknown as typeof DOMException
}

/** The class in the place of the engine's. */
export const TracedException = toTraced(NativeDOMException)

export function installStacks(): void {
  defineProperty(NativeError.prototype, 'stack', OWN)
  defineProperty(NativeError, 'captureStackTrace', { value: captureStackTrace })
  // V8's, which libraries raise
  defineProperty(NativeError, 'stackTraceLimit', {
    value: 10,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}
