/** What the operator says of an app from elsewhere, besides what is said of every app: the gate is open. */

/** What its component may see stands here by name. */
export interface ForeignSettings {
  /** Of the file system. */
  readonly directories: readonly GuestDirectory[]
  /** Where it may connect to by TCP, as far as its app's egress admits it. */
  readonly sockets: readonly GuestSocket[]
  /** Processes at once, each of which answers one request at a time. */
  readonly processes: number
  /** Requests of a process; then another one takes its place. */
  readonly requests: number
}

/** Whether settings of a version, JSON that was checked, open the gate. */
export function opensGate(settings: string): boolean {
  // most have none
  if (!settings.includes('"foreign"')) return false
  const { foreign } = JSON.parse(settings) as { foreign?: unknown }
  return foreign !== undefined && foreign !== false
}

export interface GuestSocket {
  /** A name, or an address without brackets; in lower case. */
  readonly host: string
  readonly port: number
}

export interface GuestDirectory {
  /** Where the component finds it. */
  readonly guest: string
  /** Absolute. */
  readonly host: string
  readonly writable: boolean
}
