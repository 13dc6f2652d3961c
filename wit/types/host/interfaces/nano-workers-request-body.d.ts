/** @module Interface nano:workers/request-body@0.2.0 **/
/**
 * Ask for the next chunk; it comes as a `request-body` event. At most one outstanding per request.
 */
export function pull(id: number): void;
/**
 * The app will not read the rest; the host discards it.
 */
export function cancel(id: number): void;
export type BodyChunk = import('./nano-workers-wire.js').BodyChunk;
export type Failure = import('./nano-workers-wire.js').Failure;
export type Event = EventRequestBody | EventRequestBodyFailed;
/**
 * Bytes of a request's body; each after the first answers one `request-body.pull`.
 */
export interface EventRequestBody {
  tag: 'request-body',
  val: BodyChunk,
}
/**
 * The request's body will not come to its end: the client broke off or broke a limit.
 */
export interface EventRequestBodyFailed {
  tag: 'request-body-failed',
  val: Failure,
}
