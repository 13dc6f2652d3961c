/** @module Interface nano:workers/crypto@0.2.0 **/
/**
 * Parameters of the next call. `text` may be given several times for a list.
 */
export function text(subject: Subject, field: Field, value: Word): void;
export function number(subject: Subject, field: Field, value: number): void;
export function bytes(subject: Subject, field: Field, value: Uint8Array): void;
/**
 * A key other than the one that `start` gets.
 */
export function key(subject: Subject, field: Field, sealed: Uint8Array): void;
/**
 * Make the call. `algorithm`: its name. `sealed`: the key that is used, or nothing. The outcome is one `crypto-done`.
 */
export function start(id: number, operation: Operation, algorithm: Word, sealed: Uint8Array, data: Uint8Array): void;
/**
 * The same, made at once, for what takes no longer than the call itself: signatures over few bytes that are quickly made or
 * verified. `hash`: its name, for ECDSA. Gives the signature, or one byte that is not 0 for
 * one that was verified, or nothing: then nothing was done, and it is a matter for `start`.
 */
export function make(operation: Operation, hash: Word, sealed: Uint8Array, data: Uint8Array, signature: Uint8Array): Uint8Array;
/**
 * The import of a secret of few bytes, made at once. `algorithm`: its name, and for HMAC a comma and that of the hash.
 * `usages`: with a comma between two. Gives four bytes for the length of the sealed key (little-endian), the sealed key, and
 * its description; or nothing: then it is a matter for `start`, which says what is wrong with it.
 */
export function importSecret(algorithm: Word, usages: Word, extractable: boolean, secret: Uint8Array): Uint8Array;
/**
 * A function of `node:crypto` or `node:zlib`, whose results are there at once. `call`: JSON, its `name` and settings, as host/bindings/node-crypto.ts
 * has them. Gives one byte for what follows, and that: 0, what went wrong, as JSON of `name`, `message` and `code`; 1, bytes; 2,
 * JSON.
 */
export function compute(call: Uint8Array, key: Uint8Array, data: Uint8Array, other: Uint8Array): Uint8Array;
/**
 * More bytes of a digest in parts; the first one begins it, with its algorithm.
 */
export function digestWrite(id: number, algorithm: Word, bytes: Uint8Array): void;
/**
 * Those were all. The outcome is one `crypto-done`.
 */
export function digestFinish(id: number): void;
/**
 * # Variants
 * 
 * ## `"encrypt"`
 * 
 * ## `"decrypt"`
 * 
 * ## `"sign"`
 * 
 * ## `"verify"`
 * 
 * ## `"digest"`
 * 
 * ## `"generate-key"`
 * 
 * ## `"derive-key"`
 * 
 * ## `"derive-bits"`
 * 
 * ## `"import-key"`
 * 
 * ## `"export-key"`
 * 
 * ## `"wrap-key"`
 * 
 * ## `"unwrap-key"`
 */
export type Operation = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'digest' | 'generate-key' | 'derive-key' | 'derive-bits' | 'import-key' | 'export-key' | 'wrap-key' | 'unwrap-key';
/**
 * What a parameter belongs to: the call, its algorithm, the algorithm of a key that comes of it, a JSON Web Key.
 * # Variants
 * 
 * ## `"call"`
 * 
 * ## `"algorithm"`
 * 
 * ## `"product"`
 * 
 * ## `"jwk"`
 */
export type Subject = 'call' | 'algorithm' | 'product' | 'jwk';
/**
 * # Variants
 * 
 * ## `"additional-data"`
 * 
 * ## `"alg"`
 * 
 * ## `"context"`
 * 
 * ## `"counter"`
 * 
 * ## `"crv"`
 * 
 * ## `"d"`
 * 
 * ## `"data"`
 * 
 * ## `"dp"`
 * 
 * ## `"dq"`
 * 
 * ## `"e"`
 * 
 * ## `"ext"`
 * 
 * ## `"extractable"`
 * 
 * ## `"format"`
 * 
 * ## `"hash"`
 * 
 * ## `"info"`
 * 
 * ## `"iterations"`
 * 
 * ## `"iv"`
 * 
 * ## `"k"`
 * 
 * ## `"key-ops"`
 * 
 * ## `"key-usages"`
 * 
 * ## `"kty"`
 * 
 * ## `"label"`
 * 
 * ## `"length"`
 * 
 * ## `"modulus-length"`
 * 
 * ## `"n"`
 * 
 * ## `"name"`
 * 
 * ## `"named-curve"`
 * 
 * ## `"p"`
 * 
 * ## `"pub"`
 * 
 * ## `"public"`
 * 
 * ## `"public-exponent"`
 * 
 * ## `"q"`
 * 
 * ## `"qi"`
 * 
 * ## `"salt"`
 * 
 * ## `"salt-length"`
 * 
 * ## `"signature"`
 * 
 * ## `"tag-length"`
 * 
 * ## `"usage"`
 * 
 * ## `"wrapped-key"`
 * 
 * ## `"x"`
 * 
 * ## `"y"`
 */
export type Field = 'additional-data' | 'alg' | 'context' | 'counter' | 'crv' | 'd' | 'data' | 'dp' | 'dq' | 'e' | 'ext' | 'extractable' | 'format' | 'hash' | 'info' | 'iterations' | 'iv' | 'k' | 'key-ops' | 'key-usages' | 'kty' | 'label' | 'length' | 'modulus-length' | 'n' | 'name' | 'named-curve' | 'p' | 'pub' | 'public' | 'public-exponent' | 'q' | 'qi' | 'salt' | 'salt-length' | 'signature' | 'tag-length' | 'usage' | 'wrapped-key' | 'x' | 'y';
/**
 * UTF-8 of a name, or of a part of a JSON Web Key. The host copies a bounded part of it.
 */
export type Word = Uint8Array;
export interface CryptoKey {
  /**
   * What the host takes the key for: the key and all that is known of it, encrypted for this instance alone.
   */
  sealed: Uint8Array,
  /**
   * JSON: what a CryptoKey shows of itself.
   */
  description: string,
}
export interface CryptoPair {
  publicKey: CryptoKey,
  privateKey: CryptoKey,
}
export type CryptoValue = CryptoValueBytes | CryptoValueVerdict | CryptoValueJwk | CryptoValueKey | CryptoValuePair | CryptoValueFailed;
export interface CryptoValueBytes {
  tag: 'bytes',
  val: Uint8Array,
}
export interface CryptoValueVerdict {
  tag: 'verdict',
  val: boolean,
}
/**
 * A JSON Web Key, as JSON text.
 */
export interface CryptoValueJwk {
  tag: 'jwk',
  val: string,
}
export interface CryptoValueKey {
  tag: 'key',
  val: CryptoKey,
}
export interface CryptoValuePair {
  tag: 'pair',
  val: CryptoPair,
}
/**
 * The name of a DOMException, or TypeError, LF, and what went wrong.
 */
export interface CryptoValueFailed {
  tag: 'failed',
  val: string,
}
export interface CryptoOutcome {
  id: number,
  value: CryptoValue,
}
export type Event = EventCryptoDone;
/**
 * A call, or a digest in parts, has come to its end.
 */
export interface EventCryptoDone {
  tag: 'crypto-done',
  val: CryptoOutcome,
}
