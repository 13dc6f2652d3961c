/** What hosts count while a version comes step by step. */

/** Answers of one version. */
export interface Answers {
  readonly total: number
  /** With a status of 5xx. */
  readonly failed: number
}

/** What a host counted since it is as this revision of the app says. */
export interface GateCounts {
  readonly revision: number
  /** For as many milliseconds. */
  readonly ms: number
  readonly before: Answers
  readonly next: Answers
}
