/** What stands around an app's instances counts here: its files, responses kept in front of it, caches that it fills itself. */

/** Every one of them, and what it counts. */
export const AROUND_COUNTS = {
  assetFiles: 'Requests answered with a file, or a part of one.',
  assetUnchanged: 'Requests for a file whose client has it already.',
  assetRedirects: 'Requests that files, or rules for them, have redirected.',
  assetMissing: 'Requests for files that are not there, when nobody else is asked.',
  assetRefused: 'Requests for files that could not be met.',
  assetBytes: 'Bytes of files that were given.',
  cacheHits: 'Requests answered by a response that was kept.',
  cacheMisses: 'Requests whose response was to be kept.',
  cacheStale: 'Requests answered by a stale response.',
  cacheBypasses: 'Requests whose response was not to be kept.',
  cacheBytes: 'Bytes of kept responses that were given.',
  cacheStored: 'Responses kept in front of the app.',
  cacheEvicted: 'Responses in front of the app that have made room for others.',
  cachePurged: 'Responses in front of the app that were purged.',
  ownCacheHits: "Looks into the app's own caches that found something.",
  ownCacheMisses: "Looks into the app's own caches that found nothing.",
  ownCacheBytes: 'Bytes that the app was given from its own caches.',
  ownCacheStored: "Responses kept in the app's own caches.",
  ownCacheEvicted: "Responses in the app's own caches that have made room for others.",
  ownCachePurged: "Responses in the app's own caches that were purged.",
} as const

export type AroundCounts = Record<keyof typeof AROUND_COUNTS, number>

/** Nothing yet. */
export function openAroundCounts(): AroundCounts {
  return Object.fromEntries(Object.keys(AROUND_COUNTS).map((name) => [name, 0])) as AroundCounts
}
