// The world of another version of NANO: the same with one function more, which makes another engine.

import { witText } from '../../wit/text.ts'

export function olderWorld(): string {
  const text = witText()
  const older = text.replace(
    /^interface timer \{$/m,
    '$&\n  /// One that nobody calls.\n  snooze: func(ms: u32);',
  )
  if (older === text) throw new Error('expected an interface "timer" in the world')
  return older
}
