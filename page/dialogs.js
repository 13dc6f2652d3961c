/** Questions. The browser's own dialogs keep the focus within them, and give it back. */

import { h } from './dom.js'

let count = 0

/**
 * A dialog that goes when it is closed. Gives its return value; the empty text when it was dismissed.
 *
 * @param {string} title
 * @param {import('./dom.js').Child[]} children
 * @returns {{ dialog: HTMLDialogElement, closed: Promise<string> }}
 */
export function openDialog(title, ...children) {
  const id = `dialog-${++count}`
  const dialog = h('dialog', { 'aria-labelledby': id }, h('h2', { id }, title), ...children)
  document.body.append(dialog)
  dialog.showModal()
  const closed = new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue)
    })
  })
  return { dialog, closed }
}

/** @typedef {{ label: string, options: { value: string, text: string }[] }} Choice */
/** @typedef {{ title: string, text: string, action: string, isDanger?: boolean, typed?: string, choice?: Choice | undefined }} Question */

/**
 * What was chosen, or "yes"; the empty text when it is not meant. `typed`: what has to be typed first.
 *
 * @param {Question} question
 */
export async function confirm({ title, text, action, isDanger = false, typed, choice }) {
  const input = h('input', { name: 'typed', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' })
  const chosen = choice && toSelect({ name: 'choice' }, choice.options)
  const button = h(
    'button',
    { class: isDanger ? 'danger' : 'primary', disabled: typed !== undefined },
    action,
  )
  input.addEventListener('input', () => (button.disabled = input.value !== typed))
  const form = h(
    'form',
    {
      submit: (event) => {
        event.preventDefault()
        dialog.close(chosen?.value ?? 'yes')
      },
    },
    h('p', {}, text),
    typed !== undefined &&
      h('label', {}, h('span', {}, 'Type ', h('strong', {}, typed), ' to confirm'), input),
    chosen && h('label', {}, h('span', {}, choice?.label), chosen),
    toButtons(() => dialog.close(''), button),
  )
  const { dialog, closed } = openDialog(title, form)
  return await closed
}

/**
 * A token; undefined: there is none.
 *
 * @param {string} reason
 * @param {boolean} hasToken one is kept, and may be forgotten
 */
export async function askToken(reason, hasToken) {
  const input = h('input', {
    type: 'password',
    name: 'token',
    autocomplete: 'off',
    required: true,
    autofocus: true,
  })
  const forget = h('button', { type: 'button', click: () => dialog.close('forget') }, 'Forget it')
  const form = h(
    'form',
    {
      submit: (event) => {
        event.preventDefault()
        dialog.close('use')
      },
    },
    h('p', {}, reason),
    h('label', {}, h('span', {}, 'Token'), input),
    h('p', { class: 'hint' }, 'It is kept until this tab is closed, and sent to this server alone.'),
    toButtons(() => dialog.close(''), hasToken && forget, h('button', { class: 'primary' }, 'Use it')),
  )
  const { dialog, closed } = openDialog('Token of the admin API', form)
  const answer = await closed
  if (answer === 'forget') return { type: /** @type {const} */ ('forget') }
  return answer === 'use' ? { type: /** @type {const} */ ('use'), token: input.value.trim() } : undefined
}

/**
 * @param {() => void} cancel
 * @param {...import('./dom.js').Child} buttons
 */
export function toButtons(cancel, ...buttons) {
  return h('div', { class: 'buttons' }, h('button', { type: 'button', click: cancel }, 'Cancel'), ...buttons)
}

/**
 * @param {import('./dom.js').Props} props
 * @param {readonly { value: string, text: string }[]} options
 */
export function toSelect(props, options) {
  return h('select', props, ...options.map(({ value, text }) => h('option', { value }, text)))
}
