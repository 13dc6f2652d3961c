/** One app: its numbers, versions and log, and what may be done with it. */

import { showState } from './apps-view.js'
import { ApiError, toPath } from './api.js'
import { confirm } from './dialogs.js'
import { fill, h, write } from './dom.js'
import { toDate } from './format.js'
import { openLog } from './log-view.js'
import { createMeasures } from './measures.js'
import { poll } from './poll.js'
import { Samples } from './samples.js'

/** @typedef {import('./api.js').Details} Details */
/** @typedef {import('./api.js').Version} Version */

const HASH_DIGITS = 12

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
   * @param {number | undefined} serving
   */
  const serve = async (version, serving) => {
    const isBack = serving !== undefined && version.version < serving
    const question = {
      title: isBack ? `Roll ${name} back?` : `Switch ${name}?`,
      text: `Version ${version.version} serves in place of version ${serving ?? '–'}. Requests that have begun end on the version before.`,
      action: `Serve version ${version.version}`,
    }
    if (!(await confirm(question))) return
    await change(`${name}: version ${version.version} serves`, () =>
      api.ask('POST', `${toPath(name)}/rollback`, {
        json: { version: version.version },
        headers: condition,
      }),
    )
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
    const serving = app.versions.find(({ serves }) => serves)?.version
    const before = app.versions.find(({ version }) => version < (serving ?? 0))
    fill(
      actions,
      h('button', { type: 'button', click: deploy }, 'Deploy a version'),
      before && h('button', { type: 'button', click: () => serve(before, serving) }, 'Roll back'),
      h('button', { type: 'button', class: 'danger', click: remove }, 'Delete'),
    )
    fill(
      versions,
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

/**
 * @param {readonly Version[]} versions
 * @param {(version: Version) => void} serve
 */
function toVersionTable(versions, serve) {
  return h(
    'table',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, 'Version'),
        h('th', { scope: 'col' }, 'Deployed'),
        h('th', { scope: 'col', class: 'wide' }, 'Host name'),
        h('th', { scope: 'col', class: 'wide' }, 'Component'),
        h('td'),
      ),
    ),
    h(
      'tbody',
      {},
      ...versions.map((version) =>
        h(
          'tr',
          { class: version.serves ? 'serves' : undefined },
          h('th', { scope: 'row' }, version.version),
          h('td', {}, toDate(version.created_at)),
          h('td', { class: 'wide' }, version.hostname),
          h(
            'td',
            { class: 'wide' },
            h('code', { title: version.component }, version.component.slice(0, HASH_DIGITS)),
          ),
          h(
            'td',
            {},
            version.serves
              ? h('span', { class: 'state serving' }, 'serves')
              : h(
                  'button',
                  {
                    type: 'button',
                    'aria-label': `Serve version ${version.version}`,
                    click: () => serve(version),
                  },
                  'Serve',
                ),
          ),
        ),
      ),
    ),
  )
}

/** @param {number} count */
function toInstances(count) {
  return count === 1 ? '1 instance' : `${count} instances`
}
