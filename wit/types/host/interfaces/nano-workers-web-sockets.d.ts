/** @module Interface nano:workers/web-sockets@0.2.0 **/
/**
 * A new side. 0: the app has as many as it may.
 */
export function open(): number;
/**
 * Connect to a server. `head`: as of `outbound.start`. The outcome is `web-socket-opened` or `web-socket-closed`. The side is
 * accepted. 0: as of `open`.
 */
export function connect(head: Head): number;
/**
 * From now on messages come.
 */
export function accept(id: number): void;
/**
 * A message for the other side of each of these, in the order in which they stand.
 */
export function send(ids: Uint32Array, isText: boolean, bytes: Uint8Array): void;
/**
 * Bytes of messages that the other side has not taken.
 */
export function waiting(id: number): number;
/**
 * Nothing more is sent. `code`: 1005 for none. The outcome is `web-socket-closed`.
 */
export function close(id: number, code: number, reason: Text): void;
export type Head = import('./nano-workers-wire.js').Head;
export type Text = import('./nano-workers-wire.js').Text;
export interface WebSocketOpened {
  id: number,
  protocol: string,
  extensions: string,
}
export interface WebSocketMessage {
  id: number,
  isText: boolean,
  /**
   * Of a text in UTF-8.
   */
  bytes: Uint8Array,
}
export interface WebSocketEnd {
  id: number,
  /**
   * As the other side has it; 1005 for none, 1006 when it did not come to its end.
   */
  code: number,
  /**
   * With 1006: what went wrong, fit to show to the app's developer; may be empty.
   */
  reason: string,
}
export type Event = EventWebSocketOpened | EventWebSocketMessage | EventWebSocketClosed;
/**
 * What `connect` asked for is there.
 */
export interface EventWebSocketOpened {
  tag: 'web-socket-opened',
  val: WebSocketOpened,
}
/**
 * The other side has sent a message.
 */
export interface EventWebSocketMessage {
  tag: 'web-socket-message',
  val: WebSocketMessage,
}
/**
 * It is over: the other side sends nothing more, and gets nothing more. Nothing comes for this id afterwards.
 */
export interface EventWebSocketClosed {
  tag: 'web-socket-closed',
  val: WebSocketEnd,
}
