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
  [ENTRYPOINT](): void {}
}

/** A base class alone: NANO runs no workflows. */
export class WorkflowEntrypoint extends Base<unknown> {}

/** An object that is called from elsewhere in Workers; here there is no elsewhere, so it is an object. */
export class RpcTarget {}

export class RpcStub {
  constructor(target: object) {
    return target
  }
}

export const exports: Record<string, unknown> = {}

/** Runs the function with other members in `env`. */
export function withEnv<T>(_env: unknown, run: () => T): T {
  throw new Error(
    `withEnv() is not there yet in NANO; give ${run.name || 'the function'} what it needs as an argument`,
  )
}
