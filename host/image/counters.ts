/** What is counted of images that are loaded: types only. */

/** What was done since the start, and what is held. */
export interface ImageCounters {
  /** Read from the disk. */
  loads: number
  /** Made again of their components. */
  remakes: number
  /** Made for a deployment's `env`. */
  made: number
  /** Given up for others. */
  evictions: number
  /** Held, what images share with their engine's base image apart. */
  bytes: number
}
