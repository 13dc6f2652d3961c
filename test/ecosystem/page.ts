/** docs/tenants/compatibility.md, from what the ecosystem's apps answered. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Row {
  readonly packages: readonly string[]
  /** What keeps it from answering as workerd does. */
  readonly missing: string | undefined
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
  writeFileSync(FILE, `${HEAD}${right} of ${shown.length} are right.\n\n${table}\n`)
}
