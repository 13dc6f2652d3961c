declare module 'nano:workers/kv' {
  /**
   * The answer's meta is `null` when there is no such key, and else `{"metadata"}`; its body is the value.
   */
  export function get(id: number, namespace: Word, key: Word): void;
  /**
   * Several at once. The answer's meta is a list with an item for each key: `null`, or `{"length", "metadata"}`; its body is
   * their values, one behind the other. `keys`: the length of each in bytes, as JSON, LF, then all of them.
   */
  export function getMany(id: number, namespace: Word, keys: Uint8Array): void;
  /**
   * `expiration`: seconds since 1970, `ttl`: seconds from now; infinity: it stays. `metadata`: JSON, or nothing.
   * `more`: further bytes of the value follow. The answer's meta is `null`.
   */
  export function put(id: number, namespace: Word, key: Word, expiration: number, ttl: number, metadata: Word, value: Uint8Array, more: boolean): void;
  /**
   * The answer's meta is `null`, whether there was such a key or not.
   */
  export { _delete as delete };
  function _delete(id: number, namespace: Word, key: Word): void;
  /**
   * Keys in the order of their bytes. `cursor`: nothing, or what the answer before gave. The answer's meta is
   * `{"keys": [{"name", "expiration", "metadata"}], "list_complete", "cursor"}`.
   */
  export function list(id: number, namespace: Word, prefix: Word, limit: number, cursor: Word): void;
  /**
   * The host copies a bounded part of it.
   */
  export type Word = Uint8Array;
}
