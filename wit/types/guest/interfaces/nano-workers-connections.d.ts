/// <reference path="./nano-workers-wire.d.ts" />
declare module 'nano:workers/connections' {
  /**
   * Connect. `terms`: `{"hostname", "port", "tls", "halfOpen"}`; `tls`: null, or as for `secure`; `halfOpen`: this side
   * goes on when the far side sends no more. What is written before it is ready waits.
   */
  export function open(id: number, terms: Terms): void;
  /**
   * Go on with TLS, once all that was written has gone; what has come and was not pulled belongs to its handshake.
   * `terms`: `{"name", "ca", "protocols"}`: whose certificate is expected, unless it is that of the hostname; who is trusted
   * in place of the authorities that the host trusts, as PEM; what to propose (ALPN).
   */
  export function secure(id: number, terms: Terms): void;
  /**
   * Bytes to the far side. False: wait for `connection-writable`.
   */
  export function write(id: number, bytes: Uint8Array): boolean;
  /**
   * Nothing more is written; the other way goes on.
   */
  export function finish(id: number): void;
  /**
   * Ask for the next bytes.
   */
  export function pull(id: number): void;
  /**
   * What was written goes out, and that is all; nothing more comes for this id.
   */
  export function close(id: number): void;
  /**
   * The connection is cut; nothing more comes for this id.
   */
  export function abort(id: number): void;
  export type BodyChunk = import('nano:workers/wire').BodyChunk;
  /**
   * JSON. The host copies a bounded part of it.
   */
  export type Terms = Uint8Array;
  export interface ConnectionReady {
    id: number,
    /**
     * What TLS agreed to speak (ALPN); empty where nothing was asked for.
     */
    protocol: string,
  }
  export interface ConnectionFailure {
    id: number,
    /**
     * For programs, such as ECONNREFUSED.
     */
    code: string,
    /**
     * What went wrong, fit to show to the app's developer.
     */
    message: string,
  }
  export type Event = EventConnectionReady | EventConnectionData | EventConnectionFailed | EventConnectionWritable;
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
}
