/** The operator's page: which of its views is shown, and what all of them share. */

import { Api } from './api.js'
import { openApp } from './app-view.js'
import { openApps } from './apps-view.js'
import { deploy } from './deploy.js'
import { askToken } from './dialogs.js'
import { write } from './dom.js'
import { poll } from './poll.js'

const NOTICE_MS = 8000

/** @param {string} id */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id))
const content = find('content')
const health = find('health')
const notice = find('notice')
const drop = find('drop')

const api = new Api(async (reason) => {
  const answer = await askToken(reason, false)
  return answer?.token
})
let noticeTimer = 0
/** @param {string} text */
function notify(text) {
  clearTimeout(noticeTimer)
  write(notice, text)
  noticeTimer = setTimeout(() => write(notice, ''), NOTICE_MS)
}
/** @param {() => Promise<void>} run */
async function report(run) {
  try {
    await run()
  } catch (error) {
    notify(error instanceof Error ? error.message : String(error))
  }
}
const page = { api, report, notify }

/** @type {{ app: string | undefined, close: () => void } | undefined} */
let view

function route() {
  const [, name] = /^#\/(.*)$/.exec(location.hash) ?? []
  // a place within the view
  if (name === undefined && view !== undefined && location.hash !== '') return
  const app = name ? decode(name) : undefined
  const isFirst = view === undefined
  view?.close()
  const opened = app === undefined ? openApps(page) : openApp(page, app, () => void startDeploy([], app))
  view = { app, close: opened.close }
  document.title = app === undefined ? 'NANO' : `${app} · NANO`
  content.replaceChildren(opened.element)
  if (!isFirst) content.focus()
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * @param {readonly File[]} files
 * @param {string} [app] the app that is to have a version
 */
async function startDeploy(files, app) {
  if (document.querySelector('dialog') !== null) return
  await deploy(page, { files, app })
}

async function changeToken() {
  const reason = api.hasToken ? 'There is a token.' : 'A token says what may be seen and changed.'
  const answer = await askToken(reason, api.hasToken)
  if (answer === undefined) return
  api.token = answer.token
  // all over again
  view?.close()
  view = undefined
  route()
}

async function showHealth() {
  try {
    const answer = await fetch('/readyz')
    const { status, shards } = await answer.json()
    health.className = `health ${answer.ok ? 'good' : 'bad'}`
    write(health, `${status}, ${shards.listening} of ${shards.wanted} shards`)
  } catch {
    health.className = 'health bad'
    write(health, 'The server does not answer')
  }
}

find('deploy').addEventListener('click', () => void startDeploy([]))
find('token').addEventListener('click', () => void changeToken())
addEventListener('hashchange', route)

/** @param {DragEvent} event */
const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes('Files') === true
addEventListener('dragover', (event) => {
  if (!hasFiles(event)) return
  event.preventDefault()
  drop.hidden = false
})
addEventListener('dragleave', ({ relatedTarget }) => {
  if (relatedTarget === null) drop.hidden = true
})
addEventListener('drop', (event) => {
  drop.hidden = true
  if (!hasFiles(event)) return
  event.preventDefault()
  void startDeploy([...(event.dataTransfer?.files ?? [])], view?.app)
})

route()
poll(showHealth)
