/** The versions of an app: which of them serve, to how many of the clients, and what may be done with each. */

import { h } from './dom.js'
import { toDate, toServes } from './format.js'

/** @typedef {import('./api.js').Version} Version */
/** @typedef {import('./api.js').Canary} Canary */

/** Parts of the clients that a canary may have at a press of a button. */
const PARTS = [10, 50, 100]
const HASH_DIGITS = 12

/**
 * Both versions that serve, and what may become of them.
 *
 * @param {Canary} canary
 * @param {number | undefined} serving the version that serves the rest
 * @param {{ give: (percent: number) => void, takeBack: () => void }} actions
 */
export function toCanary({ version, percent }, serving, { give, takeBack }) {
  const rest = `version ${serving ?? '–'} the other ${100 - percent} %`
  return h(
    'div',
    { class: 'canary', role: 'group', 'aria-label': `Canary, version ${version}` },
    h('p', {}, `Version ${version} serves ${percent} % of the clients, ${rest}.`),
    h(
      'div',
      { class: 'parts' },
      ...PARTS.map((part) =>
        h('button', { type: 'button', disabled: part === percent, click: () => give(part) }, `${part} %`),
      ),
      h('button', { type: 'button', class: 'danger', click: takeBack }, 'Take back'),
    ),
  )
}

/**
 * @param {readonly Version[]} versions
 * @param {(version: Version) => void} serve
 */
export function toVersionTable(versions, serve) {
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, 'Version'),
    h('th', { scope: 'col' }, 'Deployed'),
    h('th', { scope: 'col', class: 'wide' }, 'Host name'),
    h('th', { scope: 'col', class: 'wide' }, 'Component'),
    h('td'),
  )
  const rows = versions.map((version) => toRow(version, () => serve(version)))
  return h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows))
}

/**
 * @param {Version} version
 * @param {() => void} serve
 */
function toRow({ version, percent, created_at: createdAt, hostname, component }, serve) {
  const label = `Serve version ${version}`
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, version),
    h('td', {}, toDate(createdAt)),
    h('td', { class: 'wide' }, hostname),
    h('td', { class: 'wide' }, h('code', { title: component }, component.slice(0, HASH_DIGITS))),
    h(
      'td',
      {},
      percent > 0
        ? h('span', { class: 'state serving' }, toServes(percent))
        : h('button', { type: 'button', 'aria-label': label, click: serve }, 'Serve'),
    ),
  )
}
