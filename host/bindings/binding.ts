/**
 * What all bindings have in common.
 *
 *     guest calls an import  >  the binding records it and returns  >  the turn ends  >  flush() acts
 *
 * An import never acts by itself: a stack overflow of the guest can strike inside it, and nothing that it sets off may
 * come back to the guest within the turn. Whatever a guest passes is data: what names an unknown id is counted and
 * ignored.
 */

/** Bytes of a request's or an answer's body. */
interface BodyChunk {
  id: number
  bytes: Uint8Array
  last: boolean
}

/** Something with this id will not come to its end. */
interface Failure {
  id: number
  message: string
}

/** The `event` variant of wit/events.wit, as the glue takes it. */
export type GuestEvent =
  | { tag: 'startup'; val: { env: string } }
  | {
      tag: 'request'
      val: { id: number; method: string; url: string; headers: string; hasBody: boolean }
    }
  | { tag: 'request-body'; val: BodyChunk }
  | { tag: 'request-body-failed'; val: Failure }
  | { tag: 'client-gone'; val: number }
  | { tag: 'response-writable'; val: number }
  | { tag: 'timer-due' }
  | {
      tag: 'answered'
      val: {
        id: number
        status: number
        statusText: string
        url: string
        redirected: boolean
        headers: string
        hasBody: boolean
      }
    }
  | { tag: 'answer-body'; val: BodyChunk }
  | { tag: 'fetch-failed'; val: Failure }
  | { tag: 'fetch-writable'; val: number }

/** Where events for the guest go; they are delivered in a later turn, in this order. */
export interface Mailbox {
  post(event: GuestEvent): void
}

/** What an instance has done so far; the bindings count the crossings. */
export interface Meter {
  /** Calls into the guest. */
  turns: number
  /** Calls of imports. */
  crossings: number
  requests: number
  /** Crossings that named nothing known or came too late. */
  ignored: number
}

/** The host half of one WIT interface, for one instance. */
export interface Binding extends Disposable {
  /** Act on what the guest asked for in the turn that just ended. */
  flush(): void
  /** Whether something here is under way that is going to bring the guest an event. */
  isPending(): boolean
}
