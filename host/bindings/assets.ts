/** The app's own files (wit/assets.wit): starts calls; data.ts has what becomes of them, `front/asset-storage.ts` answers. */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-assets.d.ts'
import type { BindingContext } from './binding.ts'
import type { DataBinding } from './data.ts'
import { splitRequest } from './message-head.ts'
import { PassiveBinding } from './passive-binding.ts'

const KIND = 'assets'

class AssetsBinding extends PassiveBinding {
  readonly #data: DataBinding

  constructor(data: DataBinding) {
    super()
    this.#data = data
  }

  readonly imports = {
    fetch: (id: number, binding: Uint8Array, head: Uint8Array): void =>
      this.#data.start(id, KIND, binding, () => ({ op: 'fetch', args: splitRequest(head) })),
  } satisfies typeof Wit
}

export const bind = ({ data }: BindingContext): AssetsBinding => new AssetsBinding(data)
