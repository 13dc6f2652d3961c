/** @module Interface nano:workers/rate-limit@0.2.0 **/
/**
 * Whether a key may do one thing more. `limiter`: the name of the binding in `env`. True: its count was below `limit` and is
 * `delta` more now. `period`: in seconds, 10 or 60; what a key did in an earlier one is forgotten.
 */
export function take(limiter: Word, key: Word, limit: number, period: number, delta: number): boolean;
/**
 * UTF-8. The host copies a bounded part of it.
 */
export type Word = Uint8Array;
