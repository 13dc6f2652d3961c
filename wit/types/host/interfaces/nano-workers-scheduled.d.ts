/** @module Interface nano:workers/scheduled@0.2.0 **/
/**
 * The app asks that the run is not tried again should it fail.
 */
export function noRetry(id: number): void;
/**
 * The handler and what it gave to `waitUntil` are done.
 */
export function finish(id: number): void;
/**
 * They are done, and something failed. `error`: its name, message and stack for the app's log.
 */
export function fail(id: number, error: Text): void;
export type Text = import('./nano-workers-wire.js').Text;
export interface Run {
  /**
   * Chosen by the host, unique among the instance's requests and runs.
   */
  id: number,
  /**
   * The expression of the configuration that it is for.
   */
  cron: string,
  /**
   * When it was to begin, in milliseconds since 1970.
   */
  scheduledTime: number,
}
export type Event = EventScheduled;
/**
 * It is time. Exactly one `finish` or `fail` for it.
 */
export interface EventScheduled {
  tag: 'scheduled',
  val: Run,
}
