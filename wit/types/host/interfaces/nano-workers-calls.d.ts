/** @module Interface nano:workers/calls@0.2.0 **/
/**
 * `binding`: its name in `env`; nothing: the app itself. `target`: what of it is called, if it leads to more than one thing; of
 * the app itself the export, LF, and `ctx.props` as JSON or nothing. `head`: method, LF, absolute
 * URL, LF, then the headers as name, LF, value, LF, ... `more`: further bytes of the body follow.
 */
export function fetch(id: number, binding: Word, target: Word, head: Head, body: Uint8Array, more: boolean): void;
/**
 * `message`: the first one; further ones may follow by `write`.
 */
export function converse(id: number, binding: Word, target: Word, message: Uint8Array): void;
/**
 * What the entrypoint threw, before `response.fail` of the same call: its name, LF, its message. The caller is told that.
 */
export function threw(id: number, error: Text): void;
export type Head = import('./nano-workers-wire.js').Head;
export type Text = import('./nano-workers-wire.js').Text;
/**
 * The host copies a bounded part of it.
 */
export type Word = Uint8Array;
export interface Call {
  /**
   * Chosen by the host, unique among the instance's requests.
   */
  id: number,
  /**
   * The export that is called; nothing: the default one.
   */
  entrypoint: string,
  /**
   * JSON, `ctx.props`; nothing: there are none.
   */
  props: string,
  /**
   * It is a conversation, and this its first message. What follows is asked for with `request-body.pull`, and does not come by
   * itself.
   */
  isRpc: boolean,
  message: Uint8Array,
  method: string,
  url: string,
  headers: string,
  hasBody: boolean,
}
export type Event = EventCalled;
/**
 * An app calls.
 */
export interface EventCalled {
  tag: 'called',
  val: Call,
}
