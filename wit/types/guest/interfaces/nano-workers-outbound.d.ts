/// <reference path="./nano-workers-wire.d.ts" />
declare module 'nano:workers/outbound' {
  /**
   * Start a fetch. `head`: method, LF, absolute URL, LF, then the headers as name, LF, value, LF, ...
   * `body`: the first or all bytes of the body. `more`: further bytes follow by `write` and `finish`.
   * The outcome is one `answered` or `fetch-failed` event.
   */
  export function start(id: number, head: Head, body: Uint8Array, more: boolean, redirect: Redirect): void;
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
  export type BodyChunk = import('nano:workers/wire').BodyChunk;
  export type Failure = import('nano:workers/wire').Failure;
  export type Head = import('nano:workers/wire').Head;
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
  export interface Answer {
    /**
     * Id of the outbound fetch, chosen by the guest.
     */
    id: number,
    status: number,
    statusText: string,
    /**
     * The final URL, after redirects.
     */
    url: string,
    redirected: boolean,
    headers: string,
    /**
     * Whether a body follows as `answer-body` events.
     */
    hasBody: boolean,
  }
  export type Event = EventAnswered | EventAnswerBody | EventFetchFailed | EventFetchWritable;
  /**
   * An outbound fetch was answered.
   */
  export interface EventAnswered {
    tag: 'answered',
    val: Answer,
  }
  /**
   * Bytes of an answer's body; each answers one `outbound.pull`.
   */
  export interface EventAnswerBody {
    tag: 'answer-body',
    val: BodyChunk,
  }
  /**
   * An outbound fetch failed, before or after its head.
   */
  export interface EventFetchFailed {
    tag: 'fetch-failed',
    val: Failure,
  }
  /**
   * The outbound fetch with this id takes body bytes again after `outbound.write` returned false.
   */
  export interface EventFetchWritable {
    tag: 'fetch-writable',
    val: number,
  }
}
