/**
 * Globals that few apps use. They are made when they are first read (`?lazy`: see the build of the shim), so that an
 * image holds no more of them than their text.
 */

import loadCache from '../lazy/cache.ts?lazy'
import loadEventSource from '../lazy/event-source.ts?lazy'
import loadHtmlRewriter from '../lazy/html-rewriter.ts?lazy'
import loadIntl from '../lazy/intl.ts?lazy'
import loadPerformance from '../lazy/performance.ts?lazy'
import loadUrlPattern from '../lazy/url-pattern.ts?lazy'
import loadWebAssembly from '../lazy/web-assembly.ts?lazy'
import { messaging } from './messaging-part.ts'
import { defineProperty } from './primordials.ts'
import { webSockets } from './web-socket-part.ts'

type Part = () => Readonly<Record<string, unknown>>

const PARTS: readonly (readonly [load: unknown, names: readonly string[]])[] = [
  [loadCache, ['Cache', 'CacheStorage', 'caches']],
  [loadEventSource, ['EventSource']],
  [loadHtmlRewriter, ['HTMLRewriter']],
  [loadIntl, ['Intl']],
  [messaging, ['BroadcastChannel', 'MessageChannel', 'MessageEvent', 'MessagePort']],
  [
    loadPerformance,
    [
      'Performance',
      'PerformanceEntry',
      'PerformanceMark',
      'PerformanceMeasure',
      'PerformanceObserver',
      'PerformanceObserverEntryList',
      'performance',
    ],
  ],
  [loadUrlPattern, ['URLPattern']],
  [loadWebAssembly, ['WebAssembly']],
  [webSockets, ['CloseEvent', 'WebSocket', 'WebSocketPair', 'WebSocketRequestResponsePair']],
]

export function installLazily(): void {
  for (const [load, names] of PARTS) for (const name of names) putLazily(globalThis, name, load as Part)
}

/** Puts a property in place that takes its value from a part when it is first read. */
function putLazily(owner: object, name: string, load: Part): void {
  const put = (value: unknown) =>
    void defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true })
  defineProperty(owner, name, {
    get: () => {
      const value = load()[name]
      put(value)
      return value
    },
    set: put,
    enumerable: false,
    configurable: true,
  })
}
