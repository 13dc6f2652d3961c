/** @module Interface nano:workers/data@0.2.0 **/
/**
 * Further bytes of a call's body. False: wait for `data-writable`.
 */
export function write(id: number, bytes: Uint8Array): boolean;
/**
 * The call's body is complete.
 */
export function finish(id: number): void;
/**
 * Ask for the next chunk of the answer's body.
 */
export function pull(id: number): void;
/**
 * The app is no longer interested; nothing more comes for this id. What a call has set off may still happen.
 */
export function abort(id: number): void;
export type BodyChunk = import('./nano-workers-wire.js').BodyChunk;
export interface DataAnswer {
  id: number,
  /**
   * JSON: what the interface of the call says.
   */
  meta: string,
  /**
   * All of the answer's body, or its beginning.
   */
  body: Uint8Array,
  /**
   * More of the body follows as `data-body` events.
   */
  hasMore: boolean,
}
export interface DataFailure {
  id: number,
  /**
   * Of the JavaScript error, such as TypeError.
   */
  name: string,
  /**
   * For programs, such as STORAGE_UNAVAILABLE; may be empty.
   */
  code: string,
  /**
   * What went wrong, fit to show to the app's developer.
   */
  message: string,
}
export type Event = EventDataAnswered | EventDataBody | EventDataFailed | EventDataWritable;
/**
 * A call was answered.
 */
export interface EventDataAnswered {
  tag: 'data-answered',
  val: DataAnswer,
}
/**
 * Bytes of an answer's body; each answers one `pull`.
 */
export interface EventDataBody {
  tag: 'data-body',
  val: BodyChunk,
}
/**
 * A call came to nothing, or the body of its answer does not come to its end.
 */
export interface EventDataFailed {
  tag: 'data-failed',
  val: DataFailure,
}
/**
 * The call with this id takes body bytes again after `write` returned false.
 */
export interface EventDataWritable {
  tag: 'data-writable',
  val: number,
}
