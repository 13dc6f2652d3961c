/**
 * The door out: the only file that imports the host's interfaces. The types come from `wit/`, so a change of the
 * world is a compile error here or in `world.ts`.
 *
 * Whatever the app can name travels as bytes: a string costs the engine a loop over its characters on the way out.
 */

import { hold, release } from 'nano:workers/background@0.1.0'
import { log, report } from 'nano:workers/console@0.1.0'
import * as outbound from 'nano:workers/outbound@0.1.0'
import { cancel as cancelBody, pull as pullBody } from 'nano:workers/request-body@0.1.0'
import { fail, finish, send, start, write } from 'nano:workers/response@0.1.0'
import { wakeIn } from 'nano:workers/timer@0.1.0'

export type * from 'nano:workers/events@0.1.0'
export type { Level } from 'nano:workers/console@0.1.0'

export { cancelBody, fail, finish, hold, log, pullBody, release, report, send, start, wakeIn, write }

export const startFetch = outbound.start
export const writeFetch = outbound.write
export const finishFetch = outbound.finish
export const pullAnswer = outbound.pull
export const abortFetch = outbound.abort
