/** `cloudflare:workers`: what Workers are written with beside the Web's own API. */

/* oxlint-disable typescript/no-extraneous-class -- apps derive from them */

import { door } from '../door.ts'

export const { env } = door

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

/** Something of this app or of another one, which is called. */
export class RpcStub {
  constructor(target: unknown) {
    return door.rpc().openStub(target)
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof door.rpc().RpcStub
  }
}

/** What a call of another app gives, before it is there. */
export class RpcPromise {
  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof door.rpc().RpcPromise
  }
}

/** A member of such a thing. */
export class RpcProperty {
  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof door.rpc().RpcProperty
  }
}

/** Entrypoints of the app itself, as `ctx.exports` has them. */
export const { exports } = door

/** Runs the function with other members in `env`. */
export function withEnv<T>(_env: unknown, run: () => T): T {
  throw new Error(
    `withEnv() is not there yet in NANO; give ${run.name || 'the function'} what it needs as an argument`,
  )
}
