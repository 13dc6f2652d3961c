// Another version of NANO: its world has one function more, which makes another engine.

import { cachedBuild } from '../../host/build/build.ts'
import type { BuildResult } from '../../host/build/build.ts'
import { witText } from '../../wit/text.ts'

/** What that version makes of an app. */
export function buildOlder(entry: string): Promise<BuildResult> {
  return cachedBuild({ entry, wit: olderWorld() })
}

export function olderWorld(): string {
  const text = witText()
  const older = text.replace(
    /^interface timer \{$/m,
    '$&\n  /// One that nobody calls.\n  snooze: func(ms: u32);',
  )
  if (older === text) throw new Error('expected an interface "timer" in the world')
  return older
}
