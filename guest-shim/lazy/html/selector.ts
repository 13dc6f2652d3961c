/**
 * CSS selectors as far as they can be decided when a start tag comes: nothing that depends on what follows. They are read by
 * `css-what`.
 */

import {
  AttributeAction,
  parse,
  SelectorType,
  type AttributeSelector,
  type PseudoSelector,
  type Selector,
} from 'css-what'
import type { OpenElement } from './open-elements.ts'

export type Match = (element: OpenElement) => boolean

/** Attributes whose values are compared without regard to case (HTML 4.16.2). */
const LOOSE = new Set(
  (
    'accept accept-charset align alink axis bgcolor charset checked clear codetype color compact declare defer dir ' +
    'direction disabled enctype face frame hreflang http-equiv lang language link media method multiple nohref noresize ' +
    'noshade nowrap readonly rel rev rules scope scrolling selected shape target text type valign valuetype vlink'
  ).split(' '),
)
/** The reader knows no comments; within quotes they are none. */
const COMMENTS = /("[^"]*"|'[^']*')|\/\*[^]*?\*\//g
const FORMULA = /^(?:([+-]?\d*)n(?:([+-])(\d+))?|([+-]?\d+))$/

/** Throws a TypeError for what is no selector, and for one that a stream cannot decide. */
export function toMatch(text: string): Match {
  let all
  try {
    all = parse(text.replace(COMMENTS, '$1'))
  } catch (error) {
    throw new TypeError(`expected a selector, got "${text}": ${(error as Error).message}`, { cause: error })
  }
  return toAnyOf(all, text)
}

function toAnyOf(selectors: readonly (readonly Selector[])[], text: string): Match {
  if (selectors.length === 0) refuse(text, 'is empty')
  const matches = selectors.map((each) => toPath(each, text))
  return matches.length === 1 ? matches[0]! : (element) => matches.some((match) => match(element))
}

/** Compounds, from the outermost to the innermost, and what is between them. */
function toPath(parts: readonly Selector[], text: string): Match {
  let outer: Match | undefined
  let compound: Match[] = []
  const close = (): Match => {
    if (compound.length === 0) refuse(text, 'has a combinator with nothing beside it')
    const tests = outer === undefined ? compound : [...compound, outer]
    compound = []
    return tests.length === 1 ? tests[0]! : (element) => tests.every((match) => match(element))
  }
  for (const part of parts) {
    if (part.type === SelectorType.Child) outer = isChildOf(close())
    else if (part.type === SelectorType.Descendant) outer = isWithin(close())
    else compound.push(toTest(part, text))
  }
  return close()
}

const isChildOf =
  (match: Match): Match =>
  ({ parent }) =>
    parent !== undefined && match(parent)

const isWithin =
  (match: Match): Match =>
  (element) => {
    for (let outer = element.parent; outer !== undefined; outer = outer.parent) if (match(outer)) return true
    return false
  }

function toTest(part: Selector, text: string): Match {
  switch (part.type) {
    case SelectorType.Universal:
      if (part.namespace !== null && part.namespace !== '*') refuse(text, 'names a namespace')
      return () => true
    case SelectorType.Tag: {
      if (part.namespace !== null && part.namespace !== '*') refuse(text, 'names a namespace')
      const name = part.name.toLowerCase()
      return (element) => element.name === name
    }
    case SelectorType.Attribute:
      if (part.namespace !== null) refuse(text, 'names a namespace')
      return toAttributeTest(part)
    case SelectorType.Pseudo:
      return toPseudoTest(part, text)
    default:
      return refuse(
        text,
        `has ${part.type === SelectorType.PseudoElement ? `::${part.name}` : `the combinator ${part.type}`}`,
      )
  }
}

function toAttributeTest({ action, ignoreCase, name: given, value: wanted }: AttributeSelector): Match {
  const name = given.toLowerCase()
  if (action === AttributeAction.Exists) return (element) => element.attribute(name) !== undefined
  const isLoose = ignoreCase === true || (ignoreCase === null && LOOSE.has(name))
  const toCase = (value: string) => (isLoose ? value.toLowerCase() : value)
  const sought = toCase(wanted)
  const test = toValueTest(action, sought)
  return (element) => {
    const value = element.attribute(name)
    return value !== undefined && test(toCase(value))
  }
}

function toValueTest(action: AttributeSelector['action'], sought: string): (value: string) => boolean {
  const isNothing = sought === ''
  switch (action) {
    case AttributeAction.Element:
      if (isNothing || SPACE.test(sought)) return () => false
      return (value) => value.includes(sought) && value.split(SPACE).includes(sought)
    case AttributeAction.Start:
      return (value) => !isNothing && value.startsWith(sought)
    case AttributeAction.End:
      return (value) => !isNothing && value.endsWith(sought)
    case AttributeAction.Any:
      return (value) => !isNothing && value.includes(sought)
    case AttributeAction.Hyphen:
      return (value) => value === sought || value.startsWith(`${sought}-`)
    case AttributeAction.Not:
      return (value) => value !== sought
    default:
      return (value) => value === sought
  }
}

const SPACE = /[\t\n\f\r ]+/

function toPseudoTest({ data, name }: PseudoSelector, text: string): Match {
  switch (name) {
    case 'first-child':
      return ({ index }) => index === 1
    case 'first-of-type':
      return ({ typeIndex }) => typeIndex === 1
    case 'nth-child': {
      const isAt = toPlaces(data, text)
      return ({ index }) => isAt(index)
    }
    case 'nth-of-type': {
      const isAt = toPlaces(data, text)
      return ({ typeIndex }) => isAt(typeIndex)
    }
    case 'not': {
      if (!Array.isArray(data)) return refuse(text, 'has :not without a selector')
      if (
        data.some((each) =>
          each.some(({ type }) => type === SelectorType.Child || type === SelectorType.Descendant),
        )
      ) {
        return refuse(text, 'has a combinator within :not')
      }
      const match = toAnyOf(data, text)
      return (element) => !match(element)
    }
    default:
      return refuse(text, `has :${name}`)
  }
}

/** An+B (CSS Syntax 6). */
function toPlaces(data: PseudoSelector['data'], text: string): (place: number) => boolean {
  const formula = typeof data === 'string' ? data.replace(/\s+/g, '').toLowerCase() : ''
  const named = formula === 'odd' ? '2n+1' : formula === 'even' ? '2n' : formula
  const parts = FORMULA.exec(named)
  if (parts === null) return refuse(text, `has places that are not of the form An+B`)
  const [, factor, sign, offset, place] = parts
  if (place !== undefined) return (at) => at === Number(place)
  const step = factor === '' || factor === '+' ? 1 : factor === '-' ? -1 : Number(factor)
  const first = offset === undefined ? 0 : Number(`${sign}${offset}`)
  return (at) => (step === 0 ? at === first : (at - first) / step >= 0 && (at - first) % step === 0)
}

function refuse(selector: string, why: string): never {
  throw new TypeError(
    `the selector "${selector}" ${why}; a page that is rewritten as it comes knows E, *, .class, #id, [attribute], ` +
      ':not(), :first-child, :first-of-type, :nth-child(), :nth-of-type(), E F, E > F and lists of them',
  )
}
