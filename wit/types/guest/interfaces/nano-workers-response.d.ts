/// <reference path="./nano-workers-wire.d.ts" />
declare module 'nano:workers/response' {
  /**
   * The whole response in one crossing. `status` 200 to 599; 101 with the line `:web-socket`, and without a body.
   */
  export function send(id: number, status: number, headers: Head, body: Uint8Array): void;
  /**
   * The head of a streamed response; `write` and `finish` follow.
   */
  export function start(id: number, status: number, headers: Head): void;
  /**
   * Body bytes, owned by the host from here. False: the client reads slowly, wait for `response-writable`.
   */
  export function write(id: number, bytes: Uint8Array): boolean;
  /**
   * The streamed body is complete.
   */
  export function finish(id: number): void;
  /**
   * The handler failed. Before the head the client gets a 500 without internals; after it the connection is cut.
   * `error`: the error's name, message and stack for the app's log.
   */
  export function fail(id: number, error: Text): void;
  export type Head = import('nano:workers/wire').Head;
  export type Text = import('nano:workers/wire').Text;
  export type Event = EventResponseWritable;
  /**
   * The response with this id takes bytes again after `response.write` returned false.
   */
  export interface EventResponseWritable {
    tag: 'response-writable',
    val: number,
  }
}
