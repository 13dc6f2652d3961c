/** What the operator says of an app from elsewhere, besides what is said of every app: the gate is open. */

/** What its component may see stands here by name. */
export interface ForeignSettings {
  /** Of the file system. */
  readonly directories: readonly GuestDirectory[]
  /** Processes at once, each of which answers one request at a time. */
  readonly processes: number
  /** Requests of a process; then another one takes its place. */
  readonly requests: number
}

export interface GuestDirectory {
  /** Where the component finds it. */
  readonly guest: string
  /** Absolute. */
  readonly host: string
  readonly writable: boolean
}
