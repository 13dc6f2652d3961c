/**
 * Elements are made here, and whatever is text only ever becomes text: nothing on this page parses markup. Names, host
 * names and log lines are strangers' words.
 */

const SVG = 'http://www.w3.org/2000/svg'

// control characters, and what turns the direction of text around
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | ((event: Event) => unknown) | undefined>} Props */

/**
 * An element: functions are listeners, `true` and `false` say whether an attribute is there.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag)
  set(element, props)
  element.append(...toNodes(children))
  return element
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} props
 * @param {...Child} children
 */
export function svg(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag)
  set(element, props)
  element.append(...toNodes(children))
  return element
}

/**
 * The element's text, touched only if it is another one.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  const safe = toVisible(text)
  if (element.textContent !== safe) element.textContent = safe
}

/**
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...toNodes(children))
}

/**
 * Text in which nothing is hidden.
 *
 * @param {string} text
 */
export function toVisible(text) {
  return text.replaceAll(
    CONTROL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * @param {Element} element
 * @param {Props} props
 */
function set(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value))
  }
}

/** @param {readonly Child[]} children */
function toNodes(children) {
  return children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : toVisible(String(child))))
}
