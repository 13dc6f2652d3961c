/** A binding that has nothing of its own under way: what its functions set off is kept and ended elsewhere. */
import type { Binding } from './binding.ts'

export abstract class PassiveBinding implements Binding {
  abstract readonly imports: object

  flush(): void {}

  isPending(): boolean {
    return false
  }

  [Symbol.dispose](): void {}
}
