/** Methods of other apps (RPC): what `env` has for a service, and how an entrypoint is called. */

import type { Call } from 'nano:workers/calls'
import type { CallsHost } from '../bindings/calls.ts'
import { CalleeChannel } from '../bindings/channel.ts'
import { NativeTypeError } from '../globals/primordials.ts'
import { Fetcher } from './fetcher.ts'
import { invoke } from './rpc/access.ts'
import type { Hook } from './rpc/hook.ts'
import { LocalHook } from './rpc/local-hook.ts'
import { ROOT, Session } from './rpc/session.ts'
import { makeService, makeStub, RpcPromise, RpcProperty, RpcStub } from './rpc/stub.ts'

export { RpcPromise, RpcProperty, RpcStub }

/** A conversation for each call. */
class EntrypointHook implements Hook {
  readonly #host: CallsHost

  constructor(host: CallsHost) {
    this.#host = host
  }

  invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    return new Session((session) => this.#host.converse(session)).call(ROOT, path, args)
  }

  dup(): Hook {
    return this
  }

  dispose(): void {}
}

/** An entrypoint elsewhere: `fetch`, these members, and any method that it has. */
export function openService(host: CallsHost, own: Readonly<Record<string, unknown>> = {}): object {
  const fetcher = new Fetcher(host)
  const fetch = (input: unknown, init?: RequestInit | null) => fetcher.fetch(input, init)
  return makeService(new EntrypointHook(host), Fetcher, { ...own, fetch })
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

/** What answers a conversation. */
export type Root =
  | { readonly make: () => object }
  | { readonly handlers: object; readonly more: readonly [env: unknown, context: unknown] }

export function serve(call: Call, root: Root): void {
  const hook = 'make' in root ? new InstanceHook(root.make) : new HandlersHook(root.handlers, root.more)
  new Session((session) => new CalleeChannel(call, session), hook).hear(
    call.message as Uint8Array<ArrayBuffer>,
  )
}
