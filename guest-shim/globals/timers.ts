/**
 * `setTimeout` and its kin.
 */

import { startTimer, stopTimer } from '../bindings/timer.ts'
import { NativeTypeError } from './primordials.ts'

type Callback = (...args: unknown[]) => unknown

function start(
  name: string,
  callback: Callback,
  delay: unknown,
  repeats: boolean,
  args: readonly unknown[],
): number {
  if (typeof callback !== 'function')
    throw new NativeTypeError(`${name}: the first argument must be a function`)
  return startTimer(callback, Number(delay), repeats, args)
}

export function setTimeout(callback: Callback, delay?: unknown, ...args: unknown[]): number {
  return start('setTimeout', callback, delay, false, args)
}

export function setInterval(callback: Callback, delay?: unknown, ...args: unknown[]): number {
  return start('setInterval', callback, delay, true, args)
}

export function clearTimeout(id?: unknown): void {
  if (typeof id === 'number' || typeof id === 'string') stopTimer(Number(id))
}

export const clearInterval = function clearInterval(id?: unknown): void {
  clearTimeout(id)
}

export function setImmediate(callback: Callback, ...args: unknown[]): number {
  return start('setImmediate', callback, 0, false, args)
}

export const clearImmediate = function clearImmediate(id?: unknown): void {
  clearTimeout(id)
}
