/**
 * Languages, regions and Unicode (wit/language.wit). Unlike other imports this one acts at once: an answer depends on nothing
 * but the question, and nothing comes back to the guest within the turn. The time that it takes is the turn's.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-language.d.ts'
import { EXPERT_BYTES, Language } from '../language/language.ts'
import { Holding } from '../limits/byte-budget.ts'
import type { Binding, BindingContext } from './binding.ts'

/** An instance's questions. */
export class LanguageBinding implements Binding {
  readonly #meter: BindingContext['meter']
  readonly #holding: Holding
  /** Made for the first question. */
  #language: Language | undefined

  constructor({ meter, buffers }: Pick<BindingContext, 'meter' | 'buffers'>) {
    this.#meter = meter
    this.#holding = new Holding(buffers)
  }

  /** The functions that the guest calls. */
  readonly imports = {
    ask: (method: Wit.Method, expert: Uint8Array, input: Uint8Array): Uint8Array => {
      this.#meter.crossings++
      this.#language ??= new Language((count) => this.#holding.set(count * EXPERT_BYTES))
      return this.#language.ask(method, expert, input)
    },
  } satisfies typeof Wit

  flush(): void {}

  isPending(): boolean {
    return false
  }

  [Symbol.dispose](): void {
    this.#language = undefined
    this.#holding.release()
  }
}

export const bind = (context: BindingContext): LanguageBinding => new LanguageBinding(context)
