/** An app's numbers with their charts: a description list that is kept up to date. */

import { createChart } from './chart.js'
import { h, write } from './dom.js'
import { toBytes, toMs, toRate } from './format.js'

/** @typedef {import('./samples.js').Samples} Samples */
/** @typedef {import('./samples.js').Measure} Measure */

/** @type {{ measure: Measure, label: string, toText: (value: number | null) => string }[]} */
const MEASURES = [
  { measure: 'rate', label: 'Requests / s', toText: toRate },
  { measure: 'errors', label: 'Errors / s', toText: toRate },
  { measure: 'p99', label: 'p99', toText: toMs },
  { measure: 'memory', label: 'Memory', toText: toBytes },
]

export function createMeasures() {
  const cells = MEASURES.map(({ measure, label, toText }) => {
    const chart = createChart(measure)
    const value = h('span', { class: 'value' })
    const element = h('div', { class: measure }, h('dt', {}, label), h('dd', {}, value, chart.element))
    /** @param {Samples} samples */
    const update = (samples) => {
      const last = samples.last(measure)
      write(value, toText(last))
      element.classList.toggle('bad', measure === 'errors' && (last ?? 0) > 0)
      chart.draw(samples.series[measure])
    }
    return { element, update }
  })
  const element = h('dl', { class: 'measures' }, ...cells.map((cell) => cell.element))
  return {
    element,
    /** @param {Samples} samples */
    update: (samples) => cells.forEach((cell) => cell.update(samples)),
  }
}
