/** The settings of a version that is to come, from those that a deploy gives and those of the version before. */

export interface GivenSettings {
  /** As nano.json spells them: an app's keys but for name, host name and path. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  /** Keys that `settings` does not have stay as they were. */
  readonly keepsSettings?: boolean | undefined
}

/** JSON. `before`: of the version that serves. */
export function toKeptSettings(
  { settings, keepsSettings = false }: GivenSettings,
  before: string | undefined,
): string | undefined {
  if (settings === undefined) return before
  const kept = keepsSettings && before !== undefined ? (JSON.parse(before) as object) : {}
  return JSON.stringify({ ...kept, ...settings })
}
