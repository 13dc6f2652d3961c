/** @module Interface nano:workers/events@0.1.0 **/
/**
 * The first event of an instance's life, once, before any request.
 */
export interface Startup {
  /**
   * The app's `env`: a JSON object of strings.
   */
  env: string,
}
export interface Request {
  /**
   * Chosen by the host, unique within the instance.
   */
  id: number,
  /**
   * As sent, upper case for the standard methods.
   */
  method: string,
  /**
   * Absolute, scheme included.
   */
  url: string,
  headers: string,
  /**
   * Whether a body follows as `request-body` events.
   */
  hasBody: boolean,
}
export interface BodyChunk {
  /**
   * Id of the request or outbound fetch that the bytes belong to.
   */
  id: number,
  /**
   * May be empty only when `last`.
   */
  bytes: Uint8Array,
  /**
   * No more bytes follow.
   */
  last: boolean,
}
export interface Failure {
  id: number,
  /**
   * What went wrong, fit to show to the app's developer.
   */
  message: string,
}
export interface Answer {
  /**
   * Id of the outbound fetch, chosen by the guest.
   */
  id: number,
  status: number,
  statusText: string,
  /**
   * The final URL, after redirects.
   */
  url: string,
  redirected: boolean,
  headers: string,
  /**
   * Whether a body follows as `answer-body` events.
   */
  hasBody: boolean,
}
export type Event = EventStartup | EventRequest | EventRequestBody | EventRequestBodyFailed | EventClientGone | EventResponseWritable | EventTimerDue | EventAnswered | EventAnswerBody | EventFetchFailed | EventFetchWritable;
export interface EventStartup {
  tag: 'startup',
  val: Startup,
}
/**
 * A client's request came.
 */
export interface EventRequest {
  tag: 'request',
  val: Request,
}
/**
 * Bytes of a request's body; each after the first answers one `request-body.pull`.
 */
export interface EventRequestBody {
  tag: 'request-body',
  val: BodyChunk,
}
/**
 * The request's body will not come to its end: the client broke off or broke a limit.
 */
export interface EventRequestBodyFailed {
  tag: 'request-body-failed',
  val: Failure,
}
/**
 * The client went away before the response was complete. Response imports for this id do nothing from now on.
 */
export interface EventClientGone {
  tag: 'client-gone',
  val: number,
}
/**
 * The response with this id takes bytes again after `response.write` returned false.
 */
export interface EventResponseWritable {
  tag: 'response-writable',
  val: number,
}
/**
 * The time given to `timer.wake-at` has come.
 */
export interface EventTimerDue {
  tag: 'timer-due',
}
/**
 * An outbound fetch was answered.
 */
export interface EventAnswered {
  tag: 'answered',
  val: Answer,
}
/**
 * Bytes of an answer's body; each answers one `outbound.pull`.
 */
export interface EventAnswerBody {
  tag: 'answer-body',
  val: BodyChunk,
}
/**
 * An outbound fetch failed, before or after its head.
 */
export interface EventFetchFailed {
  tag: 'fetch-failed',
  val: Failure,
}
/**
 * The outbound fetch with this id takes body bytes again after `outbound.write` returned false.
 */
export interface EventFetchWritable {
  tag: 'fetch-writable',
  val: number,
}
