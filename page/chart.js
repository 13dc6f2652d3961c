/** A line of the latest values. The number beside it says the same in words, so that it is hidden from who cannot see it. */

import { svg } from './dom.js'
import { POINTS } from './samples.js'

const WIDTH = 120
const HEIGHT = 32
/** So that a line at the top or the bottom is as thick as any other. */
const EDGE = 2

/** @param {string} name of the measure, for its colour */
export function createChart(name) {
  const area = svg('path', { class: 'area' })
  const line = svg('path', { class: 'line' })
  const element = svg(
    'svg',
    {
      class: `chart ${name}`,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
      focusable: 'false',
    },
    area,
    line,
  )
  /** @param {readonly (number | null)[]} values the latest last */
  const draw = (values) => {
    const runs = toRuns(values)
    element.classList.toggle(
      'still',
      values.every((value) => !value),
    )
    line.setAttribute('d', runs.map(toLine).join(''))
    area.setAttribute('d', runs.map(toArea).join(''))
  }
  return { element, draw }
}

/** @typedef {{ x: number, y: number }} Point */

/**
 * Points without gaps.
 *
 * @param {readonly (number | null)[]} values
 */
function toRuns(values) {
  const most = Math.max(...values.map((value) => value ?? 0)) || 1
  const from = POINTS - values.length
  /** @type {Point[][]} */
  const runs = [[]]
  for (const [i, value] of values.entries()) {
    if (value === null) runs.push([])
    else {
      const y = HEIGHT - EDGE - (value / most) * (HEIGHT - 2 * EDGE)
      runs.at(-1)?.push({ x: ((from + i) / (POINTS - 1)) * WIDTH, y })
    }
  }
  return runs.filter((run) => run.length > 0)
}

/** @param {readonly Point[]} run */
function toLine(run) {
  const [first, ...rest] = run
  if (first === undefined) return ''
  // a lone point is seen, too
  const more = rest.length === 0 ? [{ x: first.x + 0.5, y: first.y }] : rest
  return `M${toText(first)}${more.map((point) => `L${toText(point)}`).join('')}`
}

/** @param {readonly Point[]} run */
function toArea(run) {
  const [first, last] = [run[0], run.at(-1)]
  if (first === undefined || last === undefined) return ''
  return `${toLine(run)}L${last.x.toFixed(1)} ${HEIGHT}L${first.x.toFixed(1)} ${HEIGHT}Z`
}

/** @param {Point} point */
function toText({ x, y }) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`
}
