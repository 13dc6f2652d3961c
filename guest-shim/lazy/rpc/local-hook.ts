/** Something of this guest, for stubs here and in others. */

import { reportException } from '../../globals/report-error.ts'
import { invoke } from './access.ts'
import type { Hook } from './hook.ts'

/** How many stubs there are for it. */
interface Shared {
  readonly target: unknown
  count: number
}

export class LocalHook implements Hook {
  readonly #shared: Shared

  constructor(target: unknown, shared: Shared = { target, count: 0 }) {
    this.#shared = shared
    shared.count++
  }

  invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown> {
    return invoke(this.#shared.target, path, args)
  }

  dup(): Hook {
    return new LocalHook(this.#shared.target, this.#shared)
  }

  /** The last one tells the app. */
  dispose(): void {
    if (--this.#shared.count > 0) return
    try {
      const { target } = this.#shared
      const dispose = (target as { [Symbol.dispose]?: unknown } | null | undefined)?.[Symbol.dispose]
      if (typeof dispose === 'function') Reflect.apply(dispose, target, [])
    } catch (error) {
      reportException(error)
    }
  }
}
