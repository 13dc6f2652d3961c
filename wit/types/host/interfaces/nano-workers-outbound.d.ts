/** @module Interface nano:workers/outbound@0.1.0 **/
/**
 * Start a fetch. `head`: UTF-8 of method, LF, absolute URL, LF, then the headers as name, LF, value, LF, ...
 * `body`: the first or all bytes of the body. `more`: further bytes follow by `write` and `finish`.
 * The outcome is one `answered` or `fetch-failed` event.
 */
export function start(id: number, head: Uint8Array, body: Uint8Array, more: boolean, redirect: Redirect): void;
/**
 * Further body bytes. False: wait for `fetch-writable`.
 */
export function write(id: number, bytes: Uint8Array): boolean;
/**
 * The request body is complete.
 */
export function finish(id: number): void;
/**
 * Ask for the next chunk of the answer's body; it comes as an `answer-body` event.
 */
export function pull(id: number): void;
/**
 * The app is no longer interested; nothing more comes for this id.
 */
export function abort(id: number): void;
/**
 * # Variants
 * 
 * ## `"follow"`
 * 
 * ## `"error"`
 * 
 * ## `"manual"`
 */
export type Redirect = 'follow' | 'error' | 'manual';
