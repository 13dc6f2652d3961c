/** docs/tenants/compatibility.md, from what the ecosystem's apps answered. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Row {
  readonly packages: readonly string[]
  /** What keeps it from answering as workerd does. */
  readonly missing: string | undefined
  /** Its server was not there: what it was before holds. */
  readonly isSkipped?: boolean
}

const FILE = join(import.meta.dirname, '../../docs/tenants/compatibility.md')

const HEAD = `# Packages that run

Each row is a small app over these packages, built by \`nano-workers build\` from what npm installs and asked once; it is
right when the answer is the one that workerd gives, or would give if it made code at run time. \`npm run test:ecosystem\` installs them, asks
them and writes this page. [modules.md](modules.md) says what of Node.js and of Workers there is to import.

`

/** Writes the page. */
export function writePage(rows: readonly Row[]): void {
  // one that is made of nothing from npm is no row
  const shown = rows.filter(({ packages }) => packages.length > 0)
  const right = shown.filter(({ missing }) => missing === undefined).length
  const lines = shown.map(({ packages, missing }) => `| ${packages.join(', ')} | ${missing ?? 'right'} |`)
  const table = ['| packages | |', '| --- | --- |', ...lines].join('\n')
  const skipped = shown.filter(({ isSkipped }) => isSkipped === true).length
  const unasked = skipped === 0 ? '' : `; ${skipped} of them were not asked then, for want of their servers`
  const asked = `${right} of ${shown.length} were right when they were last asked, on ${new Date().toISOString().slice(0, 10)}${unasked}.`
  writeFileSync(FILE, `${HEAD}${asked}\n\n${table}\n`)
}
