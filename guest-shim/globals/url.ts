/**
 * What the engine's URL lacks: `URL.canParse`, `URL.parse`.
 */

import { NativeURL, uncurryGetter } from './primordials.ts'

export function parseUrl(url: string, base?: string): URL | null {
  try {
    return base === undefined ? new NativeURL(url) : new NativeURL(url, base)
  } catch {
    return null
  }
}

export function canParseUrl(url: string, base?: string): boolean {
  return parseUrl(url, base) !== null
}

const paramsOf = uncurryGetter(NativeURL.prototype, 'searchParams')

/** Stamps what it is given: an object that has the stamp keeps its URL. */
const Stamp = class extends (function (object: object) {
  return object
} as unknown as new (object: object) => object) {
  // oxlint-disable-next-line no-unused-private-class-members -- it is there to hold the URL
  readonly #url: object

  constructor(params: object, url: object) {
    super(params)
    this.#url = url
  }

  static put(params: object, url: object): void {
    // oxlint-disable-next-line no-new -- the new object is the one that was given
    if (!(#url in params)) new Stamp(params, url)
  }
}

/**
 * The engine's `searchParams` are a part of their URL, and do not keep it: with the URL collected they read memory that
 * is somebody else's by then.
 */
export const searchParams: PropertyDescriptor = {
  get(this: URL): URLSearchParams {
    const params = paramsOf(this)
    Stamp.put(params, this)
    return params
  },
  enumerable: true,
  configurable: true,
}
