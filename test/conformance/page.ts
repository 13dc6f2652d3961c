/** docs/conformance.md: the table, and why what fails does. */

import { writeFileSync } from 'node:fs'

import type { TestFile } from './areas.ts'
import { toId } from './areas.ts'
import type { Baseline, Entry, HostName } from './baseline.ts'
import { reasonFor } from './reasons.ts'

const FILE = new URL('../../docs/conformance.md', import.meta.url)

interface Row {
  readonly area: string
  readonly total: number
  readonly passed: Readonly<Record<HostName, number>>
}

/** The areas in their order, and all of them at the end. */
export function toRows(tests: readonly TestFile[], baseline: Baseline): Row[] {
  const areas = Map.groupBy(tests, (test) => test.area)
  const rows = [...areas].map(([area, of]) => toRow(area, of, baseline))
  return [...rows, toRow('all', tests, baseline)]
}

function toRow(area: string, tests: readonly TestFile[], baseline: Baseline): Row {
  const entries = tests.map((test): Entry => baseline[toId(test)] ?? { total: 0 })
  const sum = (of: (entry: Entry) => number) => entries.reduce((total, entry) => total + of(entry), 0)
  return {
    area,
    total: sum((entry) => entry.total),
    passed: {
      nano: sum((entry) => entry.nano ?? 0),
      workerd: sum((entry) => entry.workerd ?? 0),
      node: sum((entry) => entry.node ?? 0),
    },
  }
}

/** Rounded down, so that 100 means all of them. */
export function percent(passed: number, total: number): string {
  return total === 0 ? '-' : (Math.floor((1000 * passed) / total) / 10).toFixed(1)
}

export function writePage(
  tests: readonly TestFile[],
  baseline: Baseline,
  versions: { workerd: string; node: string },
): void {
  const table = toRows(tests, baseline).map(
    ({ area, total, passed }) =>
      `| ${area} | ${total.toLocaleString('en')} | ${percent(passed.nano, total)} | ${percent(passed.workerd, total)} | ${percent(passed.node, total)} |`,
  )
  const failing = tests.flatMap((test) => {
    const { total, nano = 0 } = baseline[toId(test)] ?? { total: 0 }
    return nano < total
      ? [`| ${toId(test)} | ${total - nano} of ${total} | ${reasonFor(test.path) ?? ''} |`]
      : []
  })
  writeFileSync(FILE, toText(table, failing, versions))
}

function toText(
  table: readonly string[],
  failing: readonly string[],
  { workerd, node }: { workerd: string; node: string },
): string {
  return `# Conformance

Web Platform Tests that apply to a server's worker, in percent of the subtests that pass. \`npm run conformance\` runs them
and fails when a file passes fewer than before; \`npm run conformance -- --update\` keeps what it found, and writes this
page. workerd is ${workerd}, Node ${node}; each runs the same files in the same way (\`--host workerd\`, \`--host node\`).

| area | subtests | NANO | workerd | Node |
| --- | ---: | ---: | ---: | ---: |
${table.join('\n')}

## What does not pass

| file | subtests | why |
| --- | ---: | --- |
${failing.join('\n')}
`
}
