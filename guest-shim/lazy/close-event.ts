import { Event } from '../globals/event.ts'
import { requireArguments, toMembers, toScalarText, toUnsignedShort } from '../globals/web-idl.ts'

/** WebSockets standard 6. */
export class CloseEvent extends Event {
  readonly #members: { wasClean: boolean; code: number; reason: string }

  constructor(type: unknown, init: unknown = undefined) {
    requireArguments(arguments.length, 1, 'CloseEvent')
    super(type, init)
    const { wasClean, code, reason } = toMembers(init as Record<string, unknown> | undefined, 'CloseEvent')
    this.#members = {
      wasClean: Boolean(wasClean),
      code: code === undefined ? 0 : toUnsignedShort(code),
      reason: reason === undefined ? '' : toScalarText(reason),
    }
  }

  get wasClean(): boolean {
    return this.#members.wasClean
  }

  get code(): number {
    return this.#members.code
  }

  get reason(): string {
    return this.#members.reason
  }
}
