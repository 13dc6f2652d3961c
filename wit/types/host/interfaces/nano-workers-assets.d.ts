/** @module Interface nano:workers/assets@0.2.0 **/
/**
 * `binding`: its name in `env`. `head`: method, LF, absolute URL, LF, then the headers as name, LF, value, LF, ...
 * The answer's meta is `{"status", "headers"}`, headers as lines; its body is the file.
 */
export function fetch(id: number, binding: Word, head: Head): void;
export type Head = import('./nano-workers-wire.js').Head;
/**
 * The host copies a bounded part of it.
 */
export type Word = Uint8Array;
