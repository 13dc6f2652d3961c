/**
 * What the model of a fleet goes by: figures that this project has measured, with the page that has each, and what follows from
 * them by a calculation. Pure.
 */

const KB = 1000
const MB = 1000 * KB

/** Of one host, measured. */
export const MEASURED = {
  /** A process with ten apps (docs/operators/density.md). */
  processBytes: 200 * MB,
  /** A registered app, in the main thread and one shard (docs/operators/density.md). */
  registeredBytes: 2.3 * KB,
  /** The same at the start. */
  registeredMs: 0.05,
  /** A live app that has worked: 100 of them and the process were 1.1 GB (docs/operators/density.md). */
  liveBytes: 9 * MB,
  /** A request to one of 200 live apps (docs/operators/density.md). */
  requestMs: 0.19,
  /** An instance made and its first turn (docs/decisions/spares.md), its image unpacked (docs/decisions/registered.md). */
  firstMs: 5.1 + 0.4 + 2,
  /** How long the first client waits (docs/operators/density.md): median and p99. */
  firstWaitMs: { p50: 12, p99: 42 },
  /** A packed image on the disk (docs/operators/density.md). */
  imageBytes: 150 * KB,
  /** A component against the first of its engine (docs/decisions/artifacts.md). */
  componentBytes: 350 * KB,
  /** To open a component that this host has no image of (docs/decisions/registered.md), and to unpack it (docs/decisions/artifacts.md). */
  openMs: 25 + 14,
} as const

/** Chosen, not measured. */
export const CHOSEN = {
  /** Of a host, for live apps and all else. */
  memoryBytes: 16_000 * MB,
  /** What the desired state says of an app: names, routes, settings, hashes. */
  recordBytes: KB,
  /** Copies of a stream that NATS keeps. */
  replicas: 3,
} as const

/** What a number of apps comes to on a host, and in NATS. */
export interface Paper {
  readonly stateBytes: number
  readonly replicatedBytes: number
  /** All that all hosts read when they start. */
  readonly readBytes: number
  readonly registeredBytes: number
  readonly startMs: number
  /** So many apps are live at most. */
  readonly live: number
  readonly imagesBytes: number
  /** The same where a host has those alone that it is asked for. */
  readonly ownImagesBytes: number
}

export function toPaper(hosts: number, apps: number): Paper {
  const { processBytes, registeredBytes, registeredMs, liveBytes, imageBytes } = MEASURED
  const { memoryBytes, recordBytes, replicas } = CHOSEN
  const stateBytes = apps * recordBytes
  return {
    stateBytes,
    replicatedBytes: stateBytes * replicas,
    readBytes: stateBytes * hosts,
    registeredBytes: apps * registeredBytes,
    startMs: apps * registeredMs,
    live: Math.max(1, Math.floor((memoryBytes - processBytes - apps * registeredBytes) / liveBytes)),
    imagesBytes: apps * imageBytes,
    ownImagesBytes: (apps * imageBytes) / hosts,
  }
}

/** Processor time of a request, when this share of all begins an instance. */
export function toRequestMs(firstShare: number): number {
  return MEASURED.requestMs + firstShare * MEASURED.firstMs
}
