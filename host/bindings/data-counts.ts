/** What calls to data are counted by: the kind of store, and what became of them. */

/** Every kind of binding for data. */
export const DATA_KINDS = ['kv', 'd1', 'r2', 'assets', 'cache', 'queue', 'service', 'durable'] as const
export type DataKind = (typeof DATA_KINDS)[number]

/** Calls; those that failed; bytes of the bodies that came, and of those that went. */
const COUNTS = ['Calls', 'Errors', 'ReadBytes', 'WrittenBytes'] as const

/** Such as `kvCalls`. */
export type DataCount = `${DataKind}${(typeof COUNTS)[number]}`
export type DataCounts = Record<DataCount, number>

export const DATA_COUNTS: readonly DataCount[] = DATA_KINDS.flatMap((kind) =>
  COUNTS.map((count): DataCount => `${kind}${count}`),
)

/** Nothing yet. */
export const NO_DATA = Object.fromEntries(DATA_COUNTS.map((name) => [name, 0])) as DataCounts
