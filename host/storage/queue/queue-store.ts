/**
 * Queues: what a store of them can do, whichever engine has it. A queue begins to exist with its first message.
 *
 *     a message:  waiting  --its time has come, receive-->  given  --ack-->  gone
 *                    ^                                        |  --dead-->  waiting, in another queue
 *                    '--------------retry, release------------'
 *                 any  --its retention is over-->  gone          given  --the store begins again-->  waiting
 *
 * - waiting: for its time, or for whoever asks.
 * - given: somebody works at it, and nobody else gets it. It is still kept.
 */

/** What is sent. */
export interface NewMessage {
  readonly type: string
  readonly body: Uint8Array
  readonly delayMs: number
}

/** What whoever sends may keep. */
export interface SendLimits {
  /** What the queue may take up altogether. */
  readonly mostBytes: number
  readonly retentionMs: number
}

/** A message that is given. */
export interface GivenMessage {
  /** Names it in the store. */
  readonly seq: number
  readonly id: string
  /** Milliseconds since 1970. */
  readonly sent: number
  /** It is kept until then; milliseconds since 1970. */
  readonly expires: number
  /** How often it was given, this time included. */
  readonly attempts: number
  readonly type: string
  readonly body: Uint8Array
}

/** What a queue holds. */
export interface Backlog {
  readonly count: number
  readonly bytes: number
  /** When the oldest was sent, in milliseconds since 1970. */
  readonly oldest?: number
}

export interface QueueState extends Backlog {
  readonly isPaused: boolean
  /** Since when the one waits whose time came first, in milliseconds since 1970. */
  readonly due?: number
}

/** What somebody asks for. */
export interface Want {
  /** Names it, to take it back. */
  readonly ticket: number
  /** The most messages. */
  readonly size: number
  /** How long the first of them may wait for others. */
  readonly timeoutMs: number
}

export interface GivenBatch {
  readonly messages: readonly GivenMessage[]
  readonly backlog: Backlog
}

/** What becomes of messages that were given. */
export interface Settlement {
  readonly acks: readonly number[]
  /** `attempts`: how often it was given. */
  readonly retries: readonly { readonly seq: number; readonly delayMs: number; readonly attempts: number }[]
  /** They go to another queue, as new ones. */
  readonly dead?: { readonly queue: string; readonly retentionMs: number; readonly seqs: readonly number[] }
}

export interface QueueStore extends AsyncDisposable {
  /** Resolves when they outlive a crash of the machine. All or none. */
  send(queue: string, messages: readonly NewMessage[], limits: SendLimits): Promise<Backlog>
  /**
   * Resolves when there are so many, or the first has waited for so long; without messages when it was taken back. Several ask for
   * different ones.
   */
  receive(queue: string, want: Want, signal: AbortSignal): Promise<GivenBatch>
  /** It is answered with nothing, unless it was answered. */
  takeBack(ticket: number): void
  /** As `send`. What is not there any more is no error. */
  settle(queue: string, settlement: Settlement): Promise<void>
  /** In the order of the names. */
  states(queues: readonly string[]): Promise<readonly QueueState[]>
  /** Those that hold messages, and are not paused. */
  holding(): Promise<readonly string[]>
  /** Those whose time comes first. */
  peek(queue: string, limit: number): Promise<readonly GivenMessage[]>
  /** Nothing is given from now on, or again. */
  pause(queue: string, isPaused: boolean): Promise<void>
  /** All messages go. */
  purge(queue: string): Promise<void>
  /** All of the queue. */
  forget(queue: string): Promise<void>
}

/** What a message takes up beside its body. */
export const MESSAGE_BYTES = 100

/** More than this is not given at once, beyond one message. */
export const MOST_GIVEN_BYTES = 4 * 1024 * 1024
