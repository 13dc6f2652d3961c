declare module 'nano:workers/objects' {
  /**
   * The answer's meta is `null`, or an object.
   */
  export function head(id: number, bucket: Word, key: Word): void;
  /**
   * `options`: JSON, `{"range", "onlyIf"}`, each of which may be missing. `range`: `{"offset", "length", "suffix"}`, or
   * `{"header"}`, the text of a Range header. `onlyIf`: `{"etagMatches", "etagDoesNotMatch", "uploadedBefore",
   * "uploadedAfter", "secondsGranularity"}`, or `{"headers"}` with the texts of conditional headers by their lower-case names.
   * The answer's meta is `null`, or `{"object", "found"}`; `found`: the condition holds, and the body is the object's.
   */
  export function get(id: number, bucket: Word, key: Word, options: Uint8Array): void;
  /**
   * `options`: JSON, `{"httpMetadata", "customMetadata", "hash", "storageClass", "onlyIf"}`; `hash`: `[algorithm, hex]`.
   * `size`: how many bytes the value has; `more`: further ones of them follow. The answer's meta is `null` when the condition
   * does not hold, and else an object.
   */
  export function put(id: number, bucket: Word, key: Word, options: Uint8Array, size: number, value: Uint8Array, more: boolean): void;
  /**
   * `keys`: JSON, a list of texts. The answer's meta is `null`, whether there were such keys or not.
   */
  export { _delete as delete };
  function _delete(id: number, bucket: Word, keys: Uint8Array): void;
  /**
   * `options`: JSON, `{"limit", "prefix", "cursor", "delimiter", "startAfter", "include"}`. The answer's meta is
   * `{"objects", "truncated", "cursor", "delimitedPrefixes"}`.
   */
  export function list(id: number, bucket: Word, options: Uint8Array): void;
  /**
   * Begin an object of several parts. `options` as of `put`, without `hash` and `onlyIf`. The answer's meta is a text that
   * names it.
   */
  export function createUpload(id: number, bucket: Word, key: Word, options: Uint8Array): void;
  /**
   * The answer's meta is the part's etag.
   */
  export function uploadPart(id: number, bucket: Word, key: Word, upload: Word, part: number, size: number, value: Uint8Array, more: boolean): void;
  /**
   * `parts`: JSON, a list of `{"partNumber", "etag"}`. The answer's meta is an object.
   */
  export function completeUpload(id: number, bucket: Word, key: Word, upload: Word, parts: Uint8Array): void;
  /**
   * The answer's meta is `null`, whether there was such an upload or not.
   */
  export function abortUpload(id: number, bucket: Word, key: Word, upload: Word): void;
  /**
   * The host copies a bounded part of it.
   */
  export type Word = Uint8Array;
}
