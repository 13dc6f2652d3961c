declare module 'nano:workers/hibernation' {
  /**
   * Keep this side, which was not accepted. `tags`: JSON, a list of texts. False: it cannot be kept.
   */
  export function keep(id: number, tags: Word): boolean;
  /**
   * Those that are kept, in the order in which they came: of each its id, as 4 bytes, and a byte more, which is 1 when the object has
   * closed it. `tag`: JSON, a text that they have as a tag; nothing: all.
   */
  export function find(tag: Word): Uint8Array;
  /**
   * As they were given to `keep`; nothing: it is not kept.
   */
  export function tags(id: number): Uint8Array;
  /**
   * Keep this with it. False: there is no room, or it is not kept.
   */
  export function attach(id: number, value: Word): boolean;
  /**
   * Nothing: there is none.
   */
  export function attachment(id: number): Uint8Array;
  /**
   * From now on the host answers a text that is `request` by itself, or none.
   */
  export function setAutoResponse(isOn: boolean, request: Word, response: Word): void;
  /**
   * JSON, a list of the two; nothing: it answers none.
   */
  export function autoResponse(): Uint8Array;
  /**
   * When the host last answered one by itself, in milliseconds since 1970; 0: never.
   */
  export function answeredAt(id: number): number;
  /**
   * How long a run may take, in milliseconds; 0: as long as others.
   */
  export function setEventTimeout(ms: number): void;
  export function eventTimeout(): number;
  /**
   * The host copies a bounded part of it.
   */
  export type Word = Uint8Array;
  export interface KeptMessage {
    /**
     * Chosen by the host, unique among the instance's requests and runs.
     */
    id: number,
    webSocket: number,
    isText: boolean,
    /**
     * Of a text in UTF-8.
     */
    bytes: Uint8Array,
  }
  export interface KeptEnd {
    id: number,
    webSocket: number,
    /**
     * As of `web-socket-closed`.
     */
    code: number,
    reason: string,
  }
  export type Event = EventKeptMessage | EventKeptClosed;
  export interface EventKeptMessage {
    tag: 'kept-message',
    val: KeptMessage,
  }
  /**
   * It is over, and is kept no longer when the run is.
   */
  export interface EventKeptClosed {
    tag: 'kept-closed',
    val: KeptEnd,
  }
}
