declare module 'nano:workers/console@0.1.0' {
  /**
   * One line. `text`: UTF-8, formatted by the guest. The host bounds its length and rate and escapes it.
   */
  export function log(level: Level, text: Uint8Array): void;
  /**
   * An error that belongs to no request (a timer's callback, a rejected waitUntil). `error`: UTF-8 of the error's
   * name, message and stack; the host maps the stack to the app's sources.
   */
  export function report(error: Uint8Array): void;
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
}
