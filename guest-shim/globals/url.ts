/**
 * What the engine's URL lacks: `URL.canParse`, `URL.parse`.
 */

import { NativeURL } from './primordials.ts'

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
