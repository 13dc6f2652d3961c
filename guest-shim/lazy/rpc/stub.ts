/**
 * Stubs, and the promises of calls: both are functions with any member that somebody asks for, behind a Proxy. A promise stands for
 * what will come, so that members of that can be called before it is there.
 *
 *     stub.member(args)    a call: gives a promise          stub.member    a property: asked for when somebody awaits it
 */

import { NativeError, NativePromise } from '../../globals/primordials.ts'
import { ignore } from '../../turn/pump.ts'
import { invoke } from './access.ts'
import { type Hook, setHook } from './hook.ts'

/* oxlint-disable typescript/no-extraneous-class -- what stubs are instances of, to whoever asks */
/* oxlint-disable unicorn/no-thenable -- promises of calls are no native ones, so that members can be asked for */

export class RpcStub {}
export class RpcPromise {}
export class RpcProperty {}

/** One that can be disposed of. */
class Handle implements Hook {
  readonly #hook: Hook
  #isDisposed = false

  constructor(hook: Hook) {
    this.#hook = hook
  }

  invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    return this.#isDisposed ? NativePromise.reject(disposed()) : this.#hook.invoke(path, args)
  }

  dup(): Hook {
    if (this.#isDisposed) throw disposed()
    return this.#hook.dup()
  }

  dispose(): void {
    if (this.#isDisposed) return
    this.#isDisposed = true
    this.#hook.dispose()
  }

  /** Whether it is this one, and what for. */
  get inner(): Hook | undefined {
    return this.#isDisposed ? undefined : this.#hook
  }
}

const disposed = () => new NativeError('RPC stub used after being disposed.')

/** What a stub stands for, without the handle. */
export function innerOf(hook: Hook): Hook | undefined {
  return hook instanceof Handle ? hook.inner : hook
}

/** A stub for what is behind the hook, which is the stub's from here on. */
export function makeStub(hook: Hook): object {
  const handle = new Handle(hook)
  return make(handle, [], {
    kind: RpcStub,
    own: {
      // it is no promise
      then: undefined,
      dup: () => makeStub(handle.dup()),
      [Symbol.dispose]: () => handle.dispose(),
    },
  })
}

/** What `env` has for an entrypoint: an object of this class with these members, and any other for a method. */
export function makeService(hook: Hook, kind: Kind, own: Readonly<Record<string | symbol, unknown>>): object {
  return make(hook, [], { kind, own: { ...own, then: undefined }, isCallable: false })
}

/** What a call gives. */
export function makePromise(result: Promise<unknown>): object {
  const hook = new Handle(new PromiseHook(result, true))
  const own = { ...toThenable(() => result), [Symbol.dispose]: () => hook.dispose() }
  return make(hook, [], { kind: RpcPromise, own })
}

/** A member that was asked for. */
function makeProperty(hook: Hook, path: readonly string[]): object {
  let read: Promise<unknown> | undefined
  const own = toThenable(() => (read ??= hook.invoke(path, undefined)))
  return make(hook, path, { kind: RpcProperty, own })
}

function toThenable(get: () => Promise<unknown>): Record<string, unknown> {
  return {
    then: (done?: (value: unknown) => unknown, failed?: (error: unknown) => unknown) =>
      get().then(done, failed),
    catch: (failed?: (error: unknown) => unknown) => get().catch(failed),
    finally: (over?: () => void) => get().finally(over),
  }
}

type Kind = { readonly prototype: object }

interface Shape {
  /** What it is an instance of. */
  readonly kind: Kind
  readonly own: Readonly<Record<string | symbol, unknown>>
  readonly isCallable?: boolean
}

function make(hook: Hook, path: readonly string[], { kind, own, isCallable = true }: Shape): object {
  const proxy: object = new Proxy(isCallable ? () => {} : {}, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name]
      // what every object has is no method of elsewhere
      if (typeof name === 'symbol' || name in kind.prototype)
        return Reflect.get(kind.prototype, name) as unknown
      return makeProperty(hook, [...path, name])
    },
    apply: (_, _self, args: unknown[]) => makePromise(hook.invoke(path, args)),
    getPrototypeOf: () => kind.prototype,
    has: (_, name) => typeof name === 'string' || Object.hasOwn(own, name),
    set: () => false,
    deleteProperty: () => false,
    defineProperty: () => false,
    setPrototypeOf: () => false,
  })
  setHook(proxy, path.length === 0 ? hook : new MemberHook(hook, path))
  return proxy
}

/** A member of something. */
class MemberHook implements Hook {
  readonly #hook: Hook
  readonly #path: readonly string[]

  constructor(hook: Hook, path: readonly string[]) {
    this.#hook = hook
    this.#path = path
  }

  invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    return this.#hook.invoke([...this.#path, ...path], args)
  }

  dup(): Hook {
    return new MemberHook(this.#hook.dup(), this.#path)
  }

  dispose(): void {
    this.#hook.dispose()
  }
}

/** What will come of a call. */
class PromiseHook implements Hook {
  readonly #result: Promise<unknown>
  /** What comes is disposed of with it. */
  readonly #isOwner: boolean

  constructor(result: Promise<unknown>, isOwner: boolean) {
    this.#result = result
    this.#isOwner = isOwner
  }

  async invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    return await invoke(await this.#result, path, args)
  }

  dup(): Hook {
    return new PromiseHook(this.#result, false)
  }

  dispose(): void {
    if (this.#isOwner) void ignore(disposeOf(this.#result))
  }
}

async function disposeOf(result: Promise<unknown>): Promise<void> {
  const value = (await result) as { [Symbol.dispose]?: () => void } | null | undefined
  value?.[Symbol.dispose]?.()
}
