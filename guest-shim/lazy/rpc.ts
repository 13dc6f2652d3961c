/** Methods of other apps (RPC): what `env` has for a service, and how an entrypoint is called. */

import type { Call } from 'nano:workers/calls'
import type { CallsHost } from '../bindings/calls.ts'
import { CalleeChannel } from '../bindings/channel.ts'
import { NativeTypeError, toJson } from '../globals/primordials.ts'
import { toMembers } from '../globals/web-idl.ts'
import { Fetcher } from './fetcher.ts'
import { invoke, isDurable } from './rpc/access.ts'
import type { Hook } from './rpc/hook.ts'
import { LocalHook } from './rpc/local-hook.ts'
import { ROOT, Session } from './rpc/session.ts'
import { makeService, makeStub, RpcPromise, RpcProperty, RpcStub } from './rpc/stub.ts'

export { Fetcher as ServiceStub, RpcPromise, RpcProperty, RpcStub }

/** A conversation for each call. */
class EntrypointHook implements Hook {
  readonly #host: CallsHost
  readonly #explain: (error: unknown) => unknown

  constructor(host: CallsHost, explain: (error: unknown) => unknown) {
    this.#host = host
    this.#explain = explain
  }

  async invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    try {
      return await new Session((session) => this.#host.converse(session)).call(ROOT, path, args)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  dup(): Hook {
    return this
  }

  dispose(): void {}
}

/** An entrypoint elsewhere: `fetch`, these members, and any method that it has. `explain`: what is thrown for an error of a call. */
export function openService(
  host: CallsHost,
  own: Readonly<Record<string, unknown>> = {},
  explain = (error: unknown): unknown => error,
): object {
  const fetcher = new Fetcher(host)
  const fetch = (input: unknown, init?: RequestInit | null) => fetcher.fetch(input, init)
  return makeService(new EntrypointHook(host, explain), Fetcher, { ...own, fetch })
}

/** An entrypoint of the app itself: called, it gives one with other props. `toHost`: of props as JSON, or nothing. */
export function openOwn(toHost: (props: string) => CallsHost): object {
  const service = openService(toHost(''))
  return new Proxy(() => {}, {
    get: (_, name) => Reflect.get(service, name) as unknown,
    getPrototypeOf: () => Reflect.getPrototypeOf(service),
    apply(_, _self, [options]: [{ props?: unknown }?]) {
      const { props } = toMembers(options, 'ctx.exports')
      return openService(toHost(props === undefined ? '' : toJson(props)))
    },
  })
}

/** `new RpcStub(target)`: a stub for something of this guest. */
export function openStub(target: unknown): object {
  return makeStub(new LocalHook(target))
}

/** Handlers of an app that is no class: called with what they are called with otherwise. */
class HandlersHook implements Hook {
  readonly #handlers: object
  readonly #more: readonly [env: unknown, context: unknown]

  constructor(handlers: object, more: readonly [env: unknown, context: unknown]) {
    this.#handlers = handlers
    this.#more = more
  }

  async invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    if (args !== undefined && args.length !== 1)
      throw new NativeTypeError(
        `Cannot call handler function "${path.join('.')}" over RPC because it has the wrong number of arguments: only the first comes from the caller. Write a class that extends WorkerEntrypoint.`,
      )
    return await invoke(this.#handlers, path, args && [...args, ...this.#more])
  }

  dup(): Hook {
    return this
  }

  dispose(): void {}
}

/** An entrypoint of a class, made when it is called. */
class InstanceHook implements Hook {
  readonly #make: () => object
  #instance: object | undefined

  constructor(make: () => object) {
    this.#make = make
  }

  async invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    this.#instance ??= this.#make()
    return await invoke(this.#instance, path, args)
  }

  dup(): Hook {
    return this
  }

  dispose(): void {}
}

/** The Durable Object that this guest is. */
class ObjectHook implements Hook {
  readonly #within: Within

  constructor(within: Within) {
    this.#within = within
  }

  async invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    return await this.#within((own) => {
      if (isDurable(own)) return invoke(own, path, args)
      throw new NativeTypeError(
        'The Durable Object that is called does not support RPC: expected a class that extends DurableObject of cloudflare:workers.',
      )
    })
  }

  dup(): Hook {
    return this
  }

  dispose(): void {}
}

/** Calls back with the object as soon as it may be called. */
type Within = (call: (own: object) => Promise<unknown>) => Promise<unknown>

/** What answers a conversation. */
export type Root =
  | { readonly within: Within }
  | { readonly make: () => object }
  | { readonly handlers: object; readonly more: readonly [env: unknown, context: unknown] }

export function serve(call: Call, root: Root): void {
  const hook = toHook(root)
  new Session((session) => new CalleeChannel(call, session), hook).hear(
    call.message as Uint8Array<ArrayBuffer>,
  )
}

function toHook(root: Root): Hook {
  if ('within' in root) return new ObjectHook(root.within)
  return 'make' in root ? new InstanceHook(root.make) : new HandlersHook(root.handlers, root.more)
}
