/**
 * What the bench was asked (table-rows.ts), with what this run and those before it found: NANO beside its peers, and whether
 * its aims are reached. Also written as Markdown, for the documentation.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { toShort } from './figure.ts'
import type { Bench, Figure } from './figure.ts'
import { readRuns } from './results.ts'
import type { Run } from './results.ts'
import { ROWS } from './table-rows.ts'
import type { Row, Sought } from './table-rows.ts'

export async function table(bench: Bench): Promise<void> {
  const runs = readRuns(bench.results, bench.isQuick)
  const lines = toLines(ROWS, runs)
  for (const line of lines) bench.add(toFigure(line))
  const file = join(bench.results, 'table.md')
  writeFileSync(file, toMarkdown(lines))
  bench.tell(`written to ${file}`)
}

/** `ratio`: NANO's figure to its. */
interface Peer {
  readonly value: number
  readonly ratio: number
}

/** A row with what was found. */
export interface Line {
  readonly name: string
  readonly unit: Figure['unit']
  readonly nano: number | undefined
  readonly workerd: Peer | undefined
  readonly node: Peer | undefined
  readonly aim: string
  /** Undefined: nothing is aimed at, or it was not measured. */
  readonly isReached: boolean | undefined
}

/** Of each figure the latest. A row that depends on who makes the load has a line for each that was there. */
export function toLines(rows: readonly Row[], runs: readonly Pick<Run, 'parts'>[]): Line[] {
  const found = new Map<string, Figure>()
  for (const { name, figures } of runs.flatMap(({ parts }) => parts)) {
    for (const figure of figures) found.set(toKey(name, figure.name), figure)
  }
  return rows.flatMap((row) => {
    const hasWrk = row.byLoad === true && found.has(toKey(row.nano.part, `${row.nano.name}${WRK}`))
    return [toLine(row, found, ''), ...(hasWrk ? [toLine(row, found, WRK)] : [])]
  })
}

const WRK = ', wrk'

function toKey(part: string, name: string): string {
  return `${part}: ${name}`
}

function toLine(row: Row, found: ReadonlyMap<string, Figure>, load: string): Line {
  const find = ({ part, name, of }: Sought): number | undefined => found.get(toKey(part, name))?.[of]
  const { name, unit, nano, over } = row
  const own = { ...nano, name: `${nano.name}${load}` }
  const value =
    over === undefined ? find(own) : divide(find(own), find({ ...over, name: `${over.name}${load}` }))
  const toPeer = (who: string, sought: Sought | undefined): Peer | undefined => {
    const theirs = sought && find({ ...sought, name: `${sought.name}${load}` })
    // what was measured round by round, where it was
    const ratio = find({ ...own, name: `${own.name} / ${who}` }) ?? divide(value, theirs)
    return theirs === undefined || ratio === undefined ? undefined : { value: theirs, ratio }
  }
  const [workerd, node] = [toPeer('workerd', row.workerd), toPeer('Node', row.node)]
  return {
    name: `${name}${load}`,
    unit,
    nano: value,
    workerd,
    node,
    ...toVerdict(row, value, { workerd, node }),
  }
}

function toVerdict(
  { aim, unit }: Row,
  value: number | undefined,
  { workerd, node }: Pick<Line, 'workerd' | 'node'>,
): Pick<Line, 'aim' | 'isReached'> {
  if (aim === undefined) return { aim: '', isReached: undefined }
  if ('most' in aim) {
    return {
      aim: `${aim.most} ${unit} at most`,
      isReached: value === undefined ? undefined : value <= aim.most,
    }
  }
  if ('mostOfWorkerd' in aim) {
    const { mostOfWorkerd: most } = aim
    return { aim: `${most} x workerd at most`, isReached: workerd && workerd.ratio <= most }
  }
  const [who, peer, least] =
    'leastOfNode' in aim
      ? (['Node', node, aim.leastOfNode] as const)
      : (['workerd', workerd, aim.leastOfWorkerd] as const)
  return { aim: `${least} x ${who} at least`, isReached: peer && peer.ratio >= least }
}

function divide(value: number | undefined, by: number | undefined): number | undefined {
  return value === undefined || by === undefined ? undefined : value / by
}

function toFigure(line: Line): Figure {
  const { name, unit, nano, workerd, node } = line
  const peers = Object.entries({ workerd, Node: node }).map(([who, peer]) =>
    peer === undefined ? '' : `${who} ${toShort(peer.value)}, ratio ${toShort(peer.ratio)}`,
  )
  const note = [...peers, toVerdictText(line)].filter((text) => text !== '').join('; ')
  return { name, value: nano, unit, note }
}

/** For the documentation. */
export function toMarkdown(lines: readonly Line[]): string {
  const rows = lines.map((line) => {
    const { name, unit, nano, workerd, node } = line
    const peers = [workerd, node].flatMap((peer) => [show(peer?.value), show(peer?.ratio)])
    return [name, show(nano, unit), ...peers, toVerdictText(line)]
  })
  const head = ['', 'NANO', 'workerd', 'ratio', 'Node', 'ratio', 'aim']
  return [head, head.map(() => '-'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

function show(value: number | undefined, unit = ''): string {
  return value === undefined ? '' : `${toShort(value)} ${unit}`.trimEnd()
}

function toVerdictText({ aim, isReached, nano }: Line): string {
  if (nano === undefined) return [aim, 'not measured'].filter((text) => text !== '').join(': ')
  if (isReached === undefined) return aim
  return `${aim}: ${isReached ? 'reached' : 'not reached'}`
}
