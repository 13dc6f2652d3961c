/** @module Interface nano:workers/console@0.2.0 **/
/**
 * One line, formatted by the guest. The host bounds its length and rate and escapes it.
 */
export function log(level: Level, text: Text): void;
/**
 * An error that belongs to no request (a timer's callback, a rejected waitUntil). `error`: its name, message and
 * stack; the host maps the stack to the app's sources.
 */
export function report(error: Text): void;
/**
 * Where places of the bundle lie in the app's sources. `places`: line and column, with a colon, LF between two. What comes
 * has a line for each: source, line and column; nothing where that is not known; `-` for what is not the app's code.
 */
export function mapPlaces(places: Text): Uint8Array;
export type Text = import('./nano-workers-wire.js').Text;
/**
 * # Variants
 * 
 * ## `"debug"`
 * 
 * ## `"info"`
 * 
 * ## `"warn"`
 * 
 * ## `"error"`
 */
export type Level = 'debug' | 'info' | 'warn' | 'error';
