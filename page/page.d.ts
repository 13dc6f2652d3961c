import type { Api } from './api.js'

/** What every part of the page has. */
export interface Page {
  readonly api: Api
  /** Does it, and says what goes wrong. */
  readonly report: (run: () => Promise<void>) => Promise<void>
  /** Says something, in passing. */
  readonly notify: (text: string) => void
}
