/** @module Interface nano:workers/durable@0.2.0 **/
/**
 * An id of the namespace behind a binding, as 64 hex digits; nothing for what is no id of it. `binding`: its name in `env`.
 * `given`: the name, nothing, or the id. `jurisdiction`: nothing, or where objects of these ids are to be.
 */
export function makeId(binding: Word, kind: IdKind, given: Word, jurisdiction: Word): Uint8Array;
/**
 * Until as many `unblock`, nothing comes but what this source has set off.
 */
export function block(source: number): void;
export function unblock(source: number): void;
/**
 * End this object: what is open fails with the reason, a name, LF, and a message.
 */
export function reset(reason: Text): void;
export type Text = import('./nano-workers-wire.js').Text;
/**
 * The host copies a bounded part of it.
 */
export type Word = Uint8Array;
/**
 * # Variants
 * 
 * ## `"named"`
 * 
 * ## `"unique"`
 * 
 * ## `"parsed"`
 */
export type IdKind = 'named' | 'unique' | 'parsed';
export interface Alarm {
  /**
   * Chosen by the host, unique among the instance's requests.
   */
  id: number,
  /**
   * When it was to come, in milliseconds since 1970.
   */
  scheduledTime: number,
  /**
   * How often it was tried before.
   */
  retryCount: number,
}
export type Event = EventAlarm;
/**
 * The alarm that the object has set is due. It ends as a run of the clock does, with `finish` or `fail` of `scheduled`.
 */
export interface EventAlarm {
  tag: 'alarm',
  val: Alarm,
}
