/**
 * A chart of lines as SVG: numbers against a number of things, both on logarithmic axes. Pure.
 */

export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, value: number])[]
}

export interface Chart {
  readonly title: string
  readonly unit: string
  /** What there is a number of. */
  readonly axis: string
  readonly lines: readonly Line[]
}

const WIDTH = 640
const HEIGHT = 360
const PLOT = { left: 64, right: 448, top: 44, bottom: 312 }
/** Told apart by those who see few colours, too. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00']
const RADIUS = 3.5

export function toSvg({ title, unit, axis, lines }: Chart): string {
  const points = lines.flatMap((line) => line.points)
  const x = toScale(
    points.map(([at]) => at),
    [PLOT.left, PLOT.right],
  )
  const y = toScale(
    points.map(([, value]) => value),
    [PLOT.bottom, PLOT.top],
  )
  const elements = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    toText(PLOT.left, 22, `${title} (${unit})`, 'font-weight="bold"'),
    ...x.ticks.map((tick) => toTick(x.at(tick), tick)),
    ...y.ticks.map((tick) => toRule(y.at(tick), tick)),
    toText((PLOT.left + PLOT.right) / 2, HEIGHT - 12, axis, 'text-anchor="middle"'),
    ...lines.flatMap((line, i) => toLine(line, COLORS[i % COLORS.length]!, i, x, y)),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img">
<title>${toEscaped(title)}</title>
${elements.join('\n')}
</svg>
`
}

interface Scale {
  at(value: number): number
  readonly ticks: readonly number[]
}

/** Whole decades around all of the values, each with a tick. */
function toScale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
  }
}

function toTick(x: number, value: number): string {
  const line = `<line x1="${round(x)}" y1="${PLOT.top}" x2="${round(x)}" y2="${PLOT.bottom}" stroke="#e5e5e5"/>`
  return `${line}${toText(x, PLOT.bottom + 18, toNumber(value), 'text-anchor="middle"')}`
}

function toRule(y: number, value: number): string {
  const line = `<line x1="${PLOT.left}" y1="${round(y)}" x2="${PLOT.right}" y2="${round(y)}" stroke="#e5e5e5"/>`
  return `${line}${toText(PLOT.left - 8, y + 4, toNumber(value), 'text-anchor="end"')}`
}

function toLine({ name, points }: Line, color: string, index: number, x: Scale, y: Scale): string[] {
  const places = points
    .toSorted(([a], [b]) => a - b)
    .map(([at, value]) => [round(x.at(at)), round(y.at(value))] as const)
  const legend = PLOT.top + 8 + index * 20
  return [
    `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="${RADIUS}" fill="${color}"/>`),
    `<rect x="${PLOT.right + 12}" y="${legend - 9}" width="10" height="10" fill="${color}"/>`,
    toText(PLOT.right + 28, legend, name),
  ]
}

function toText(x: number, y: number, text: string, more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" fill="#333"${more === '' ? '' : ` ${more}`}>${toEscaped(text)}</text>`
}

function toNumber(value: number): string {
  return value >= 1 ? value.toLocaleString('en') : String(value)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function toEscaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
