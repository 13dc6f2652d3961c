declare module 'nano:workers/queues' {
  /**
   * `delay`: in seconds, of messages that have none of their own. `messages`: `[{"type", "length", "delay"}]` as JSON, LF, and
   * then the bodies, one behind the other. The answer's meta is that of `backlog`.
   */
  export function send(id: number, queue: Word, delay: number, messages: Uint8Array): void;
  /**
   * What waits. The answer's meta is `{"count", "bytes", "oldest"}`, the last in milliseconds since 1970, where there is one.
   */
  export function backlog(id: number, queue: Word): void;
  /**
   * What becomes of a message of the batch with this id, by its place in it, whatever the batch comes to. The first one counts.
   * `delay`: in seconds, until it is given again; negative: as the configuration says.
   */
  export function settle(id: number, message: number, verdict: Verdict, delay: number): void;
  /**
   * The same for those of which nothing was said.
   */
  export function settleOthers(id: number, verdict: Verdict, delay: number): void;
  /**
   * The host copies a bounded part of it.
   */
  export type Word = Uint8Array;
  export interface Message {
    id: string,
    /**
     * When it was sent, in milliseconds since 1970.
     */
    timestamp: number,
    /**
     * How often it has been given to the app, this time included.
     */
    attempts: number,
    /**
     * `json`, `text`, `bytes` or `v8`.
     */
    contentType: string,
    body: Uint8Array,
  }
  export interface Batch {
    /**
     * Chosen by the host, unique among the instance's requests and runs.
     */
    id: number,
    /**
     * What the configuration calls it.
     */
    queue: string,
    /**
     * JSON, as the answer's meta of `backlog`.
     */
    backlog: string,
    messages: Array<Message>,
  }
  /**
   * # Variants
   * 
   * ## `"ack"`
   * 
   * ## `"retry"`
   */
  export type Verdict = 'ack' | 'retry';
  export type Event = EventQueueBatch;
  /**
   * Messages are there. Exactly one `finish` or `fail` of `scheduled` for it.
   */
  export interface EventQueueBatch {
    tag: 'queue-batch',
    val: Batch,
  }
}
