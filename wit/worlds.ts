/** The worlds that can be served. Written by wit/generate.ts; to change it, change what it is written from. */
import * as v0_1_0 from './worlds/0.1.0.ts'
import * as v0_2_0 from './worlds/0.2.0.ts'

/** What lowers and lifts, by version. */
export const TABLES = {
  '0.1.0': v0_1_0,
  '0.2.0': v0_2_0,
} as const

/** The world that apps are built for. */
export const PRESENT = '0.2.0'

export type { Imports, EventsEvent as Event, EventsMember as Member } from './worlds/0.2.0.ts'
