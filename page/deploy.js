/** A component that was dropped or chosen becomes an app, or a version of one. */

import { ApiError, toPath } from './api.js'
import { openDialog, toButtons, toSelect } from './dialogs.js'
import { fill, h, write } from './dom.js'
import { toBytes, toServes } from './format.js'

/** @typedef {import('./page.js').Page} Page */
/** @typedef {import('./api.js').Report} Report */
/** @typedef {{ component: File | undefined, sourceMap: File | undefined }} Chosen */

/** As the server takes them. */
const NAME = '[A-Za-z0-9][A-Za-z0-9._\\-]{0,62}'
/** Values are queries. */
const TRAFFIC = [
  { value: 'traffic=all', text: 'All of them' },
  { value: 'percent=50', text: '50 %, the version before the rest' },
  { value: 'percent=10', text: '10 %, the version before the rest' },
  { value: 'traffic=none', text: 'None: it waits to be served' },
]

/**
 * @param {Page} page
 * @param {{ files?: readonly File[], app?: string | undefined }} given
 */
export async function deploy({ api }, { files = [], app = '' }) {
  let chosen = choose(files)
  const error = h('p', { class: 'error', role: 'alert' })
  const what = h('p', { class: 'hint', role: 'status' })
  const progress = h('progress', { 'aria-label': 'Deploying', hidden: true })
  const file = h('input', {
    type: 'file',
    accept: '.wasm,.map,application/wasm',
    multiple: true,
    name: 'file',
  })
  const fileText = h('span', { class: 'hint' })
  const name = h('input', {
    name: 'name',
    required: true,
    pattern: NAME,
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
  })
  const hostname = h('input', {
    name: 'hostname',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
  })
  const traffic = toSelect({ name: 'traffic' }, TRAFFIC)
  const submit = h('button', { class: 'primary' }, 'Deploy')
  /** What is to be true of the app when its turn comes. */
  let condition = {}

  const showFiles = () => {
    const { component, sourceMap } = chosen
    const text = component === undefined ? '' : `${component.name}, ${toBytes(component.size)}`
    write(fileText, sourceMap === undefined ? text : `${text}, with ${sourceMap.name}`)
    file.required = component === undefined
    if (component !== undefined && name.value === '') name.value = component.name.replace(/\.wasm$/i, '')
    void look()
  }
  /** Whether there is such an app. */
  const look = async () => {
    const wanted = name.value
    write(what, '')
    if (!name.checkValidity()) return
    try {
      const { body, etag } = await api.ask('GET', toPath(wanted))
      if (wanted !== name.value) return
      condition = etag === null ? {} : { 'If-Match': etag }
      hostname.placeholder = `stays ${body.hostname}`
      write(
        what,
        body.owner === 'file'
          ? 'It stands in nano.json, and is changed there.'
          : `A version of ${wanted}, after version ${body.version}.`,
      )
    } catch (thrown) {
      if (wanted !== name.value) return
      condition = { 'If-None-Match': '*' }
      hostname.placeholder = wanted
      write(what, thrown instanceof ApiError && thrown.code === 'APP_UNKNOWN' ? 'A new app.' : '')
    }
  }
  const send = async () => {
    const { component, sourceMap } = chosen
    if (component === undefined) return
    const form = new FormData()
    form.append('component', component)
    if (sourceMap !== undefined) form.append('source_map', sourceMap)
    const query = new URLSearchParams(traffic.value)
    if (hostname.value !== '') query.set('hostname', hostname.value)
    const app = name.value
    fields.disabled = true
    progress.hidden = false
    write(error, '')
    try {
      const { body } = await api.ask('PUT', `${toPath(app)}?${query.toString()}`, {
        form,
        headers: condition,
      })
      showReport(dialog, body)
    } catch (thrown) {
      write(error, thrown instanceof Error ? thrown.message : String(thrown))
      fields.disabled = false
      progress.hidden = true
      void look()
    }
  }

  file.addEventListener('change', () => {
    chosen = choose([...(file.files ?? [])])
    showFiles()
  })
  name.addEventListener('input', () => void look())
  const fields = h(
    'fieldset',
    {},
    h('label', {}, h('span', {}, 'Component (.wasm), and its source map'), file, fileText),
    h('label', {}, h('span', {}, 'Name'), name),
    what,
    h('label', {}, h('span', {}, 'Host name'), hostname),
    h('label', {}, h('span', {}, 'Clients that get it'), traffic),
    toButtons(() => dialog.close(''), submit),
  )
  const form = h(
    'form',
    {
      submit: (event) => {
        event.preventDefault()
        void send()
      },
    },
    fields,
    progress,
    error,
  )
  const { dialog, closed } = openDialog(app === '' ? 'Deploy an app' : `Deploy a version of ${app}`, form)
  name.value = app
  showFiles()
  ;(chosen.component === undefined ? file : app === '' ? name : hostname).focus()
  const deployed = await closed
  if (deployed !== '') location.hash = `#/${encodeURIComponent(deployed)}`
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Report} report
 */
function showReport(dialog, report) {
  const { app, version, previous, hostname, percent, changes, warnings } = report
  const close = h('button', { class: 'primary', click: () => dialog.close(app) }, 'Done')
  const size = toBytes(report.component_bytes)
  fill(
    dialog,
    h(
      'h2',
      { id: dialog.getAttribute('aria-labelledby') ?? '' },
      `${app} version ${version} ${toServes(percent)}`,
    ),
    h(
      'p',
      { role: 'status' },
      `${hostname}, ${previous === undefined ? 'for the first time' : `after version ${previous}`}; ${size} in ${report.milliseconds} ms.`,
    ),
    changes.length > 0 && h('ul', {}, ...changes.map(({ key }) => h('li', {}, `${key} changed`))),
    warnings.length > 0 && h('ul', { class: 'error' }, ...warnings.map((warning) => h('li', {}, warning))),
    h('div', { class: 'buttons' }, close),
  )
  close.focus()
}

/**
 * @param {readonly File[]} files
 * @returns {Chosen}
 */
function choose(files) {
  return {
    component: files.find((file) => !file.name.endsWith('.map')),
    sourceMap: files.find((file) => file.name.endsWith('.map')),
  }
}
