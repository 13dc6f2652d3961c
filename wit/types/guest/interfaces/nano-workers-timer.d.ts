declare module 'nano:workers/timer@0.1.0' {
  /**
   * Deliver `timer-due` in `delay` milliseconds from the start of this turn (0: as the next turn). Replaces the
   * earlier alarm; a negative number takes it away. `source`: the source of the turn that started the timer; its
   * account pays for what the timer does.
   */
  export function wakeIn(delay: number, source: number): void;
}
