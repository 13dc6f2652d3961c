/** The app's files on the host: calls as its `Fetcher` (lazy/fetcher.ts) makes them. */

import { fetch } from 'nano:workers/assets'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode } from '../globals/primordials.ts'
import loadFetcher from '../lazy/fetcher.ts?lazy'
import type { GuestBinding } from './binding.ts'
import { type Answer, startCall } from './data.ts'

export class AssetsHost {
  readonly #name: Bytes

  /** `name`: the binding's in `env`. */
  constructor(name: string) {
    this.#name = encode(name)
  }

  fetch(head: string): Promise<Answer> {
    return startCall((id) => fetch(id, this.#name, encode(head)))
  }
}

type Part = () => { readonly Fetcher: new (host: AssetsHost) => unknown }

export const binding: GuestBinding = {
  events: {},
  kinds: { assets: (_settings, name) => new ((loadFetcher as Part)().Fetcher)(new AssetsHost(name)) },
}
