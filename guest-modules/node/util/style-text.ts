/** `util.styleText`, with the names and codes of Node.js. */

import { requireString } from '../invalid.ts'

interface Options {
  readonly validateStream?: boolean
  readonly stream?: { readonly isTTY?: boolean }
}

const STYLES: Readonly<Record<string, readonly [open: number, close: number]>> = {
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
  grey: [90, 39],
  blackBright: [90, 39],
  bgGrey: [100, 49],
  bgBlackBright: [100, 49],
  faint: [2, 22],
  crossedout: [9, 29],
  strikeThrough: [9, 29],
  crossedOut: [9, 29],
  conceal: [8, 28],
  swapColors: [7, 27],
  swapcolors: [7, 27],
  doubleUnderline: [21, 24],
}
/** What ends bold and dim ends both: the other one goes on behind it. */
const OF_WEIGHT = 22

/** Output is no terminal: only who says that this does not matter, or names one that is, gets colours. */
export function styleText(
  format: string | readonly string[],
  text: string,
  { validateStream: validates = true, stream }: Options = {},
): string {
  requireString('text', text)
  const codes = [format].flat().map((name) => (name === 'none' ? undefined : toCodes(name)))
  if (validates && stream?.isTTY !== true) return text
  return codes.reduceRight((styled, each) => (each === undefined ? styled : wrap(styled, each)), text)
}

function toCodes(name: string): readonly [number, number] {
  if (Object.hasOwn(STYLES, name)) return STYLES[name]!
  const names = Object.keys(STYLES).map((each) => `'${each}'`)
  const message = `The argument 'format' must be one of: ${names.join(', ')}. Received '${name}'`
  throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' })
}

/** What ended the same style within it begins it again. */
function wrap(text: string, [open, close]: readonly [number, number]): string {
  const [begin, end] = [`\u001B[${open}m`, `\u001B[${close}m`]
  const again = text.replaceAll(end, close === OF_WEIGHT ? end + begin : begin)
  return begin + again + end
}
