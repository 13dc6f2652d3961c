/** One app: its numbers, versions and log, and what may be done with it. */

import { showState } from './apps-view.js'
import { ApiError, toPath } from './api.js'
import { confirm } from './dialogs.js'
import { fill, h, write } from './dom.js'
import { openLog } from './log-view.js'
import { createMeasures } from './measures.js'
import { poll } from './poll.js'
import { Samples } from './samples.js'
import { toCanary, toVersionTable } from './versions-view.js'

/** @typedef {import('./api.js').Details} Details */
/** @typedef {import('./api.js').Version} Version */

const EVERYBODY = '100'
const PARTS = [
  { value: EVERYBODY, text: 'all of them' },
  { value: '50', text: '50 %, the rest stays' },
  { value: '10', text: '10 %, the rest stays' },
]

/**
 * @param {import('./page.js').Page} page
 * @param {string} name
 * @param {() => void} deploy asks for a component
 * @returns {{ element: HTMLElement, close: () => void }}
 */
export function openApp({ api, report, notify }, name, deploy) {
  const samples = new Samples()
  const measures = createMeasures()
  const state = h('span', { class: 'state' })
  const about = h('p', { class: 'hint' })
  const actions = h('div', { class: 'actions' })
  const versions = h('div', { class: 'versions' })
  /** Names the version that serves, so that nothing is changed that was not seen. */
  let condition = {}
  let shown = ''

  /**
   * @param {string} done
   * @param {() => Promise<unknown>} run
   */
  const change = (done, run) =>
    report(async () => {
      await run()
      notify(done)
      await show()
    })
  /**
   * @param {Version} version
   * @param {Version | undefined} serving
   */
  const serve = async (version, serving) => {
    const { version: number, hostname } = version
    const isBack = serving !== undefined && number < serving.version
    const part = await confirm({
      title: isBack ? `Roll ${name} back?` : `Switch ${name}?`,
      text: `Version ${number} serves in place of version ${serving?.version ?? '–'}. Requests that have begun end on the version before.`,
      action: `Serve version ${number}`,
      // two versions share the requests for one host name
      choice: serving?.hostname === hostname ? { label: 'Clients', options: PARTS } : undefined,
    })
    if (part === '') return
    if (part === EVERYBODY) await rollBack(number)
    else await promote(number, Number(part))
  }
  /** @param {number} version */
  const rollBack = (version) =>
    change(`${name}: version ${version} serves`, () =>
      api.ask('POST', `${toPath(name)}/rollback`, { json: { version }, headers: condition }),
    )
  /**
   * @param {number} version
   * @param {number} percent
   */
  const promote = (version, percent) =>
    change(`${name}: version ${version} serves ${percent} % of the clients`, () =>
      api.ask('POST', `${toPath(name)}/promote`, { json: { version, percent }, headers: condition }),
    )
  /**
   * @param {import('./api.js').Canary} canary
   * @param {number} percent
   */
  const give = async ({ version, percent: now }, percent) => {
    const who = percent === 100 ? 'all clients' : `${percent} % of the clients`
    const question = {
      title: `Give version ${version} ${percent} %?`,
      text: `Version ${version} serves ${who}; until now ${now} %. A client that has it keeps it while its part grows.`,
      action: `Give it ${percent} %`,
    }
    if (await confirm(question)) await promote(version, percent)
  }
  /**
   * @param {import('./api.js').Canary} canary
   * @param {number} serving
   */
  const takeBack = async ({ version }, serving) => {
    const question = {
      title: `Take version ${version} back?`,
      text: `Version ${serving} serves all clients. Requests that have begun end on version ${version}.`,
      action: 'Take it back',
      isDanger: true,
    }
    if (await confirm(question)) await rollBack(serving)
  }
  const remove = async () => {
    const text = 'It serves no longer, and all its versions are deleted. This cannot be undone.'
    if (!(await confirm({ title: `Delete ${name}?`, text, action: 'Delete', isDanger: true, typed: name })))
      return
    await report(async () => {
      await api.ask('DELETE', toPath(name), { headers: condition })
      notify(`${name} is deleted`)
      location.hash = '#/'
    })
  }

  /** @param {Details} app */
  const showVersions = (app) => {
    const { canary } = app
    const serving = app.versions.find(({ version }) => version === app.version)
    const before = app.versions.find(({ version }) => version < (serving?.version ?? 0))
    fill(
      actions,
      h('button', { type: 'button', click: deploy }, 'Deploy a version'),
      // with a canary there is something else to take back
      before !== undefined &&
        canary === undefined &&
        h('button', { type: 'button', click: () => serve(before, serving) }, 'Roll back'),
      h('button', { type: 'button', class: 'danger', click: remove }, 'Delete'),
    )
    fill(
      versions,
      canary !== undefined &&
        serving !== undefined &&
        toCanary(canary, serving.version, {
          give: (percent) => void give(canary, percent),
          takeBack: () => void takeBack(canary, serving.version),
        }),
      toVersionTable(app.versions, (version) => void serve(version, serving)),
    )
  }
  const show = async () => {
    const { body, etag } = await api.ask('GET', toPath(name))
    /** @type {Details} */
    const app = body
    condition = etag === null ? {} : { 'If-Match': etag }
    samples.add(app, performance.now())
    measures.update(samples)
    showState(state, app)
    write(
      about,
      `${app.hostname} · ${toInstances(app.live_instances)} · ${app.memory_percent} % of its memory`,
    )
    // what has the focus stays as long as nothing has changed
    const key = JSON.stringify([app.owner, app.versions])
    if (key === shown) return
    shown = key
    if (app.owner === 'deployed') showVersions(app)
    else fill(versions, h('p', { class: 'hint' }, 'It stands in nano.json, and is changed there.'))
  }
  const end = poll(() =>
    report(async () => {
      try {
        await show()
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'APP_UNKNOWN') throw error
        location.hash = '#/'
      }
    }),
  )
  const log = openLog(api, { path: `${toPath(name)}/logs`, title: 'Log', showsApp: false })
  const head = h(
    'div',
    { class: 'view-head' },
    h('a', { href: '#/', class: 'back' }, 'Apps'),
    h('h1', {}, name),
    state,
    actions,
  )
  return {
    element: h(
      'div',
      { class: 'view' },
      head,
      about,
      h('div', { class: 'panel large' }, measures.element),
      log.element,
      h('section', { class: 'panel' }, h('h2', {}, 'Versions'), versions),
    ),
    close: () => {
      end()
      log.close()
    },
  }
}

/** @param {number} count */
function toInstances(count) {
  return count === 1 ? '1 instance' : `${count} instances`
}
