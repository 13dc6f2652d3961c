/** @module Interface nano:workers/timer@0.2.0 **/
/**
 * Deliver `timer-due` in `delay` milliseconds from the start of this turn (0: as the next turn). Replaces the
 * earlier alarm; a negative number takes it away. `source`: the source of the turn that started the timer; its
 * account pays for what the timer does.
 */
export function wakeIn(delay: number, source: number): void;
export type Event = EventTimerDue;
/**
 * The time given to `timer.wake-in` has come.
 */
export interface EventTimerDue {
  tag: 'timer-due',
}
