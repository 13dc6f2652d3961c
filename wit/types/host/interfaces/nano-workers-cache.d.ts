/** @module Interface nano:workers/cache@0.2.0 **/
/**
 * The answer's meta is `null`, or `{"status", "statusText", "headers"}`, headers as lines; its body is the response's.
 */
export function match(id: number, cache: Word, request: Head): void;
/**
 * `response`: status, LF, status text, LF, then the headers. `more`: further bytes of the body follow. The answer's meta is
 * `null`, whether it was kept or not.
 */
export function put(id: number, cache: Word, request: Head, response: Head, body: Uint8Array, more: boolean): void;
/**
 * The answer's meta: whether there was one.
 */
export { _delete as delete };
function _delete(id: number, cache: Word, request: Head): void;
export type Head = import('./nano-workers-wire.js').Head;
/**
 * The host copies a bounded part of it.
 */
export type Word = Uint8Array;
