/** @module Interface nano:workers/events@0.2.0 **/
export type Call = import('./nano-workers-calls.js').Call;
export type ConnectionReady = import('./nano-workers-connections.js').ConnectionReady;
export type ConnectionFailure = import('./nano-workers-connections.js').ConnectionFailure;
export type BodyChunk = import('./nano-workers-wire.js').BodyChunk;
export type Failure = import('./nano-workers-wire.js').Failure;
export type CryptoOutcome = import('./nano-workers-crypto.js').CryptoOutcome;
export type DataAnswer = import('./nano-workers-data.js').DataAnswer;
export type DataFailure = import('./nano-workers-data.js').DataFailure;
export type Alarm = import('./nano-workers-durable.js').Alarm;
export type KeptMessage = import('./nano-workers-hibernation.js').KeptMessage;
export type KeptEnd = import('./nano-workers-hibernation.js').KeptEnd;
export type Answer = import('./nano-workers-outbound.js').Answer;
export type Batch = import('./nano-workers-queues.js').Batch;
export type Run = import('./nano-workers-scheduled.js').Run;
export type WebSocketOpened = import('./nano-workers-web-sockets.js').WebSocketOpened;
export type WebSocketMessage = import('./nano-workers-web-sockets.js').WebSocketMessage;
export type WebSocketEnd = import('./nano-workers-web-sockets.js').WebSocketEnd;
/**
 * An object that the guest makes.
 */
export interface Binding {
  /**
   * Says who makes it.
   */
  kind: string,
  /**
   * JSON, for who makes it.
   */
  settings: string,
}
export type Value = ValueText | ValueJson | ValueSecret | ValueBinding;
export interface ValueText {
  tag: 'text',
  val: string,
}
/**
 * Any JSON value, as JSON text.
 */
export interface ValueJson {
  tag: 'json',
  val: string,
}
/**
 * A text that nothing shows.
 */
export interface ValueSecret {
  tag: 'secret',
  val: string,
}
export interface ValueBinding {
  tag: 'binding',
  val: Binding,
}
/**
 * A named object or value that the app finds in its `env`.
 */
export interface Member {
  name: string,
  value: Value,
}
/**
 * The first event of an instance's life, once, before any request.
 */
export interface Startup {
  env: Array<Member>,
  /**
   * JSON, `{"className", "id", "name"}`: the Durable Object that the instance is; nothing: it is none.
   */
  object: string,
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
export type Event = EventStartup | EventRequest | EventClientGone | EventCalled | EventConnectionReady | EventConnectionData | EventConnectionFailed | EventConnectionWritable | EventCryptoDone | EventDataAnswered | EventDataBody | EventDataFailed | EventDataWritable | EventDurableStored | EventAlarm | EventKeptMessage | EventKeptClosed | EventAnswered | EventAnswerBody | EventFetchFailed | EventFetchWritable | EventQueueBatch | EventRequestBody | EventRequestBodyFailed | EventResponseWritable | EventScheduled | EventTimerDue | EventWebSocketOpened | EventWebSocketMessage | EventWebSocketClosed;
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
 * The client went away before the response was complete. Response imports for this id do nothing from now on.
 */
export interface EventClientGone {
  tag: 'client-gone',
  val: number,
}
/**
 * An app calls.
 */
export interface EventCalled {
  tag: 'called',
  val: Call,
}
/**
 * The connection is there, with its TLS if that was asked for: after `open`, and after `secure`.
 */
export interface EventConnectionReady {
  tag: 'connection-ready',
  val: ConnectionReady,
}
/**
 * Bytes that came; each answers one `pull`. `last`, without any: the far side sends no more; that comes by itself.
 */
export interface EventConnectionData {
  tag: 'connection-data',
  val: BodyChunk,
}
/**
 * The connection came to nothing, or broke: nothing more comes.
 */
export interface EventConnectionFailed {
  tag: 'connection-failed',
  val: ConnectionFailure,
}
/**
 * The connection with this id takes bytes again after `write` returned false.
 */
export interface EventConnectionWritable {
  tag: 'connection-writable',
  val: number,
}
/**
 * A call, or a digest in parts, has come to its end.
 */
export interface EventCryptoDone {
  tag: 'crypto-done',
  val: CryptoOutcome,
}
/**
 * A call was answered.
 */
export interface EventDataAnswered {
  tag: 'data-answered',
  val: DataAnswer,
}
/**
 * Bytes of an answer's body; each answers one `pull`.
 */
export interface EventDataBody {
  tag: 'data-body',
  val: BodyChunk,
}
/**
 * A call came to nothing, or the body of its answer does not come to its end.
 */
export interface EventDataFailed {
  tag: 'data-failed',
  val: DataFailure,
}
/**
 * The call with this id takes body bytes again after `write` returned false.
 */
export interface EventDataWritable {
  tag: 'data-writable',
  val: number,
}
/**
 * What was written before the `sync` of this id is on the disk.
 */
export interface EventDurableStored {
  tag: 'durable-stored',
  val: number,
}
/**
 * The alarm that the object has set is due. It ends as a run of the clock does, with `finish` or `fail` of `scheduled`.
 */
export interface EventAlarm {
  tag: 'alarm',
  val: Alarm,
}
export interface EventKeptMessage {
  tag: 'kept-message',
  val: KeptMessage,
}
/**
 * It is over, and is kept no longer when the run is.
 */
export interface EventKeptClosed {
  tag: 'kept-closed',
  val: KeptEnd,
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
/**
 * Messages are there. Exactly one `finish` or `fail` of `scheduled` for it.
 */
export interface EventQueueBatch {
  tag: 'queue-batch',
  val: Batch,
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
 * The response with this id takes bytes again after `response.write` returned false.
 */
export interface EventResponseWritable {
  tag: 'response-writable',
  val: number,
}
/**
 * It is time. Exactly one `finish` or `fail` for it.
 */
export interface EventScheduled {
  tag: 'scheduled',
  val: Run,
}
/**
 * The time given to `timer.wake-in` has come.
 */
export interface EventTimerDue {
  tag: 'timer-due',
}
/**
 * What `connect` asked for is there.
 */
export interface EventWebSocketOpened {
  tag: 'web-socket-opened',
  val: WebSocketOpened,
}
/**
 * The other side has sent a message.
 */
export interface EventWebSocketMessage {
  tag: 'web-socket-message',
  val: WebSocketMessage,
}
/**
 * It is over: the other side sends nothing more, and gets nothing more. Nothing comes for this id afterwards.
 */
export interface EventWebSocketClosed {
  tag: 'web-socket-closed',
  val: WebSocketEnd,
}
