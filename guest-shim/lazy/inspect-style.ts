/** Colours of what `util.inspect` of Node.js shows. */

export type Style = keyof typeof styles
export type Stylize = (text: string, style: Style) => string

/** Which colour a kind of value has; an app may change that. */
export const styles = {
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  regexp: 'red',
  module: 'underline',
  name: undefined as string | undefined,
}

type Codes = [begin: number, end: number]

/** What begins a colour at a terminal, and what ends it. */
export const colors: Record<string, Codes> = {
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  blink: [5, 25],
  inverse: [7, 27],
  hidden: [8, 28],
  strikethrough: [9, 29],
  doubleunderline: [21, 24],
  black: [30, 39],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  white: [37, 39],
  bgBlack: [40, 49],
  bgRed: [41, 49],
  bgGreen: [42, 49],
  bgYellow: [43, 49],
  bgBlue: [44, 49],
  bgMagenta: [45, 49],
  bgCyan: [46, 49],
  bgWhite: [47, 49],
  framed: [51, 54],
  overlined: [53, 55],
  gray: [90, 39],
  grey: [90, 39],
  redBright: [91, 39],
  greenBright: [92, 39],
  yellowBright: [93, 39],
  blueBright: [94, 39],
  magentaBright: [95, 39],
  cyanBright: [96, 39],
  whiteBright: [97, 39],
  bgGray: [100, 49],
  bgRedBright: [101, 49],
  bgGreenBright: [102, 49],
  bgYellowBright: [103, 49],
  bgBlueBright: [104, 49],
  bgMagentaBright: [105, 49],
  bgCyanBright: [106, 49],
  bgWhiteBright: [107, 49],
}

export const plain: Stylize = (text) => text

export const stylizeWithColor: Stylize = (text, style) => {
  const codes = colors[styles[style] ?? '']
  return codes === undefined ? text : `\u001B[${codes[0]}m${text}\u001B[${codes[1]}m`
}

// oxlint-disable-next-line no-control-regex -- they are what is taken away
const CODES = /\u001B\[\d+m/g

export const withoutColors = (text: string): string => text.replaceAll(CODES, '')
