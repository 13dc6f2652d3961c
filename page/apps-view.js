/** All apps, and the log of all of them. */

import { fill, h, write } from './dom.js'
import { openLog } from './log-view.js'
import { createMeasures } from './measures.js'
import { poll } from './poll.js'
import { Samples } from './samples.js'

/** @typedef {import('./api.js').App} App */

const MOST_APPS = 100

/**
 * @param {import('./page.js').Page} page
 * @returns {{ element: HTMLElement, close: () => void }}
 */
export function openApps({ api, report }) {
  const search = h('input', {
    type: 'search',
    placeholder: 'Name or host name',
    'aria-label': 'Search apps',
    input: () => void ask(),
  })
  const count = h('span', { class: 'hint', role: 'status' })
  const list = h('ul', { class: 'apps' })
  /** @type {Map<string, ReturnType<typeof createRow>>} */
  let rows = new Map()

  const ask = () =>
    report(async () => {
      const wanted = search.value
      const query = new URLSearchParams({ limit: String(MOST_APPS), search: wanted })
      const { body } = await api.ask('GET', `/admin/apps?${query.toString()}`)
      // answers may come in another order than they were asked for
      if (wanted !== search.value) return
      /** @type {{ apps: App[], total: number }} */
      const { apps, total } = body
      const time = performance.now()
      rows = new Map(apps.map((app) => [app.name, rows.get(app.name) ?? createRow(app.name)]))
      for (const app of apps) rows.get(app.name)?.update(app, time)
      const elements = [...rows.values()].map(({ element }) => element)
      if (
        elements.some((element, i) => list.children[i] !== element) ||
        list.childElementCount !== elements.length
      ) {
        fill(list, ...elements)
      }
      write(count, toCount(apps.length, total, wanted))
    })
  const end = poll(ask)
  const log = openLog(api, { path: '/admin/logs', title: 'Log', showsApp: true })
  const head = h('div', { class: 'view-head' }, h('h1', {}, 'Apps'), count, search)
  return {
    element: h('div', { class: 'view' }, head, list, log.element),
    close: () => {
      end()
      log.close()
    },
  }
}

/** @param {string} name */
function createRow(name) {
  const samples = new Samples()
  const measures = createMeasures()
  const state = h('span', { class: 'state' })
  const about = h('p', { class: 'hint' })
  const element = h(
    'li',
    { class: 'panel app' },
    h(
      'div',
      { class: 'who' },
      h('h2', {}, h('a', { href: `#/${encodeURIComponent(name)}` }, name)),
      about,
      state,
    ),
    measures.element,
  )
  /**
   * @param {App} app
   * @param {number} time
   */
  const update = (app, time) => {
    samples.add(app, time)
    measures.update(samples)
    write(about, app.hostname)
    showState(state, app)
  }
  return { element, update }
}

/**
 * @param {Element} element
 * @param {App} app
 */
export function showState(element, { state, version, canary, owner }) {
  const what = owner === 'file' ? 'nano.json' : `version ${version ?? '–'}`
  const beside = canary === undefined ? '' : `, version ${canary.version} ${canary.percent} %`
  element.className = `state ${state}`
  write(element, `${state}, ${what}${beside}`)
}

/**
 * @param {number} shown
 * @param {number} total
 * @param {string} search
 */
function toCount(shown, total, search) {
  if (total > shown) return `${shown} of ${total}; search for others`
  if (total === 0) return search === '' ? 'None yet: drop a component here, or choose Deploy' : 'None fits'
  return total === 1 ? '1 app' : `${total} apps`
}
