/**
 * Apps of the same code that are different ones: copies of the example `hello` whose images say so. They are kept as images
 * alone, a few kilobytes each, for a component has twelve megabytes.
 */

import { readFileSync } from 'node:fs'

import { splitComponent } from '../../host/component/skeleton.ts'
import { ImageFiles } from '../../host/deploy/image-files.ts'
import { findOwnCache } from '../../host/deploy/open-engines.ts'
import type { OpenComponent } from '../../host/deploy/opening.ts'
import { splitImage } from '../../host/image/image.ts'
import type { ImageLayer } from '../../host/image/image.ts'
import { builtExample } from './serve.ts'

const SAID = 'Hello from NANO!'

/** What the copy with this number answers at `/`. */
export function toGreeting(number: number): string {
  return `App ${String(number).padStart(6, '0')} here!`
}

/** Copies, kept where a server of this process finds them. */
export class DistinctApps {
  readonly files = new ImageFiles(findOwnCache())
  readonly #path = builtExample('hello')
  readonly #split = splitComponent(readFileSync(this.#path))

  /** The copy with this number, with a source map of so many bytes. */
  keep(number: number, mapBytes = 0): OpenComponent {
    const { skeletonHash, segments, memoryMinPages } = this.#split
    const image = splitImage(segments, memoryMinPages)
    patch(image.layers[0]!, toGreeting(number))
    const sourceMap = mapBytes === 0 ? undefined : new Uint8Array(new SharedArrayBuffer(mapBytes))
    return {
      ...this.files.keep(skeletonHash, { image, sourceMap }),
      origin: { type: 'component', ask: { path: this.#path, access: {} } },
    }
  }
}

function patch({ bytes }: ImageLayer, text: string): void {
  const view = Buffer.from(bytes.buffer)
  for (let at = view.indexOf(SAID); at !== -1; at = view.indexOf(SAID, at)) view.write(text, at)
}
