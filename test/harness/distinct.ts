/**
 * Apps of the same code that are different ones: copies of the example `hello` whose images say so. They are kept as images
 * alone, for a component has twelve megabytes.
 */

import { readFileSync } from 'node:fs'

import { splitComponent } from '../../host/component/skeleton.ts'
import { ImageFiles } from '../../host/deploy/image-files.ts'
import { findOwnCache } from '../../host/deploy/open-engines.ts'
import type { OpenComponent } from '../../host/deploy/opening.ts'
import { splitImage } from '../../host/image/image.ts'
import type { Image, ImageLayer } from '../../host/image/image.ts'
import { builtExample } from './serve.ts'

const SAID = 'Hello from NANO!'

/** What the copy with this number answers at `/`. */
export function toGreeting(number: number): string {
  return `App ${String(number).padStart(6, '0')} here!`
}

/** Copies, kept where a server of this process finds them. */
export class DistinctApps {
  readonly files: ImageFiles
  readonly #path: string
  readonly #component: Buffer
  readonly #engineHash: string
  readonly #image: Image

  /** `path`: a component of `hello`; `cache`: the cache directory. */
  constructor(path = builtExample('hello'), cache = findOwnCache()) {
    this.files = new ImageFiles(cache)
    this.#path = path
    this.#component = readFileSync(path)
    const { skeletonHash, segments, memoryMinPages } = splitComponent(this.#component)
    this.#engineHash = skeletonHash
    this.#image = splitImage(segments, memoryMinPages)
  }

  /** The whole copy with this number. */
  component(number: number): Buffer {
    const copy = Buffer.from(this.#component)
    say(copy, toGreeting(number))
    return copy
  }

  /** The copy with this number, with a source map of so many bytes. */
  keep(number: number, mapBytes = 0): OpenComponent {
    const layers = this.#image.layers.map((layer) => toSaying(layer, toGreeting(number)))
    const sourceMap = mapBytes === 0 ? undefined : new Uint8Array(new SharedArrayBuffer(mapBytes))
    return {
      ...this.files.keep(this.#engineHash, { image: { ...this.#image, layers }, sourceMap }),
      origin: { type: 'component', ask: { path: this.#path, access: {} } },
    }
  }
}

function toSaying({ runs, bytes }: ImageLayer, text: string): ImageLayer {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  say(Buffer.from(copy.buffer), text)
  return { runs, bytes: copy }
}

function say(bytes: Buffer, text: string): void {
  for (let at = bytes.indexOf(SAID); at !== -1; at = bytes.indexOf(SAID, at)) bytes.write(text, at)
}
