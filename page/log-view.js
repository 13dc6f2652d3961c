/**
 * The log as it is written: the latest entries, then those that come. A connection that is lost is opened again after the
 * last entry that came. Only so many lines are kept.
 */

import { fill, h, write } from './dom.js'
import { toClock } from './format.js'

const LEVELS = ['debug', 'info', 'warn', 'error']
const MOST_LINES = 500
const RETRY_MS = 2000
/** How near to the end somebody reads the end. */
const NEAR_PX = 40

/**
 * @param {import('./api.js').Api} api
 * @param {{ path: string, title: string, showsApp: boolean }} options
 */
export function openLog(api, { path, title, showsApp }) {
  const state = h('span', { class: 'hint' })
  const level = h(
    'select',
    { 'aria-label': 'Level', change: () => restart() },
    ...LEVELS.map((each) => h('option', { value: each, selected: each === 'debug' }, toLevelText(each))),
  )
  const pause = h('button', { type: 'button', 'aria-pressed': 'false', click: () => togglePause() }, 'Pause')
  const lines = h('div', {
    class: 'log',
    role: 'log',
    'aria-live': 'off',
    'aria-label': title,
    tabindex: '0',
  })
  const head = h('div', { class: 'log-head' }, h('h2', {}, title), state, level, pause)
  const element = h('section', { class: 'panel' }, head, lines)

  /** @type {HTMLElement[]} */
  let waiting = []
  let isPaused = false
  let isDrawing = false
  let reading = new AbortController()

  const draw = () => {
    isDrawing = false
    const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR_PX
    lines.append(...waiting)
    waiting = []
    while (lines.childElementCount > MOST_LINES) lines.firstElementChild?.remove()
    if (isAtEnd) lines.scrollTop = lines.scrollHeight
  }
  const plan = () => {
    if (isPaused || isDrawing) return
    isDrawing = true
    requestAnimationFrame(draw)
  }
  /** @param {HTMLElement} line */
  const add = (line) => {
    waiting.push(line)
    if (waiting.length > MOST_LINES) waiting.shift()
    plan()
  }
  const togglePause = () => {
    isPaused = !isPaused
    pause.setAttribute('aria-pressed', String(isPaused))
    write(pause, isPaused ? 'Go on' : 'Pause')
    plan()
  }
  const restart = () => {
    reading.abort()
    reading = new AbortController()
    waiting = []
    fill(lines)
    void read(reading.signal)
  }

  /** @param {AbortSignal} signal */
  const read = async (signal) => {
    const query = new URLSearchParams({ tail: '200', level: level.value })
    /** @type {string | undefined} */
    let lastId
    while (!signal.aborted) {
      write(state, 'connecting')
      try {
        // oxlint-disable-next-line no-await-in-loop -- one connection after the other
        await api.follow(
          `${path}?${query.toString()}`,
          { lastId, signal },
          ({ id, event, data }) => {
            lastId = id ?? lastId
            add(event === 'dropped' ? toDroppedLine(data) : toLine(data, showsApp))
          },
          () => write(state, 'live'),
        )
      } catch (error) {
        if (signal.aborted) return
        write(state, error instanceof Error ? error.message : String(error))
      }
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
  void read(reading.signal)
  return { element, close: () => reading.abort() }
}

/**
 * @param {string} data
 * @param {boolean} showsApp
 */
function toLine(data, showsApp) {
  const said = parse(data)
  /** @param {string} key */
  const read = (key) => {
    const value = said[key]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const level = LEVELS.find((each) => each === said['level']) ?? 'info'
  const app = read('app') || 'server'
  const whose = read('version') === '' ? app : `${app}@${read('version')}`
  const figures = read('duration_ms') === '' ? '' : ` in ${read('duration_ms')} ms (${read('cpu_ms')} ms CPU)`
  return h(
    'p',
    { class: level },
    h('time', { datetime: read('time') }, toClock(read('time'))),
    h('span', { class: 'level' }, level),
    showsApp && h('span', { class: 'whose' }, whose),
    h('span', { class: 'msg' }, `${read('msg')}${figures}`),
  )
}

/** @param {string} data */
function toDroppedLine(data) {
  const text = `${String(parse(data)['dropped'])} entries were dropped: they are not read fast enough`
  return h('p', { class: 'warn' }, h('span', { class: 'msg' }, text))
}

/**
 * @param {string} data
 * @returns {Record<string, unknown>}
 */
function parse(data) {
  try {
    return Object(JSON.parse(data))
  } catch {
    return { msg: data }
  }
}

/** @param {string} level */
function toLevelText(level) {
  if (level === 'debug') return 'Every level'
  return level === 'error' ? 'Errors' : `${level === 'warn' ? 'Warnings' : 'Info'} and up`
}
