/**
 * Values as text for a log. What is more than words and numbers is shown by a part that is loaded when it is first needed
 * (`lazy/log-text.ts`).
 */

import loadText from '../lazy/log-text.ts?lazy'
import { describeWith } from '../wire/error-text.ts'
import { indexOf } from './primordials.ts'

type LogText = typeof import('../lazy/log-text.ts')

export const logText = loadText as () => LogText

/** One line of the log, as `util.format` of Node has it. */
export function formatLine(args: readonly unknown[]): string {
  const [first] = args
  if (args.length === 1 && typeof first === 'string') return first
  if (typeof first === 'string' && indexOf(first, '%') !== -1) return logText().format(args)
  let text = ''
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (typeof arg !== 'string' && typeof arg !== 'number' && typeof arg !== 'boolean')
      return logText().format(args)
    text += (i === 0 ? '' : ' ') + (Object.is(arg, -0) ? '-0' : arg)
  }
  return text
}

/** A value as Node shows it. */
export const inspect: LogText['inspect'] = (...args) => logText().inspect(...args)

/** Anything that was thrown, bounded; never throws. */
export const describeError = (error: unknown): string => describeWith(error, inspect)
