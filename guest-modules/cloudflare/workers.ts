/** `cloudflare:workers`: what Workers are written with beside the Web's own API. */

/* oxlint-disable typescript/no-extraneous-class -- apps derive from them */

import { door } from '../door.ts'
import { current, standFor } from './workers/current.ts'

export { withEnv, withEnvAndExports, withExports } from './workers/with-env.ts'

export const env = standFor(() => current.env())

/** As the handler's `ctx.waitUntil`, for code that has no `ctx`. */
export function waitUntil(promise: unknown): void {
  door.waitUntil(promise)
}

/** How guest-shim/app.ts knows an app's class for such a one, whatever its methods. */
const ENTRYPOINT = Symbol.for('nano:entrypoint')
/** The same of an object's class. */
const DURABLE = Symbol.for('nano:durable')

abstract class Base<Context> {
  protected readonly ctx: Context
  protected readonly env: unknown

  constructor(ctx: Context, env: unknown) {
    this.ctx = ctx
    this.env = env
  }
}

/** An app as a class: each request gets an instance. */
export class WorkerEntrypoint extends Base<unknown> {
  [ENTRYPOINT](): void {}
}

/** What classes of Durable Objects derive from. */
export class DurableObject extends Base<unknown> {
  [DURABLE](): void {}
}

/** A base class alone: NANO runs no workflows. */
export class WorkflowEntrypoint extends Base<unknown> {}

/** How guest-shim/lazy/rpc/access.ts knows what is passed by reference. */
const TARGET = Symbol.for('nano:rpc-target')

/** What is passed to another app by reference: its methods are called there, and run here. */
export class RpcTarget {
  [TARGET](): void {}
}

type Stubs = Omit<ReturnType<typeof door.rpc>, 'openStub'>

/** A class of the shim's, which is loaded when somebody looks at it: libraries compare prototypes. */
function lazyClass(
  name: keyof Stubs,
  make = (_target: unknown): object => {
    throw new TypeError('Illegal constructor')
  },
): new (target?: unknown) => object {
  const get = () => door.rpc()[name]
  return new Proxy(function () {} as unknown as new () => object, {
    get: (_, key) => Reflect.get(get(), key) as unknown,
    has: (_, key) => Reflect.has(get(), key),
    construct: (_, [target]: unknown[]) => make(target),
  })
}

/** Something of this app or of another one, which is called. */
export const RpcStub = lazyClass('RpcStub', (target) => door.rpc().openStub(target))

/** What a call of another app gives, before it is there. */
export const RpcPromise = lazyClass('RpcPromise')

/** A member of such a thing. */
export const RpcProperty = lazyClass('RpcProperty')

/** What `env` has for another app, or a namespace for an object. */
export const ServiceStub = lazyClass('ServiceStub')

/** Entrypoints of the app itself, as `ctx.exports` has them. */
export const exports = standFor(() => current.exports())
