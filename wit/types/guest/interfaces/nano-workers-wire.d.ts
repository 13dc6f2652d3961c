declare module 'nano:workers/wire' {
  /**
   * UTF-8 for a person to read. The host copies a bounded part of it.
   */
  export type Text = Uint8Array;
  /**
   * UTF-8 of the head of a request or a response. The host copies no more of it than a head may have.
   */
  export type Head = Uint8Array;
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
}
