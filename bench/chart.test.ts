import { test } from 'vitest'

import { toSvg } from './chart.ts'

test('a chart has a line for each name, with its points where the axes say', ({ expect }) => {
  const svg = toSvg({
    title: 'a < b',
    unit: 'ms',
    axis: 'apps',
    lines: [
      {
        name: 'one',
        points: [
          [100, 10],
          [10, 1],
        ],
      },
      { name: 'two', points: [[100, 1]] },
    ],
  })
  expect(svg).toContain('<title>a &lt; b</title>')
  expect(svg.match(/<polyline/g)).toHaveLength(2)
  // from the lower left corner to the upper right one, however they were given
  expect(svg).toContain('points="64,312 448,44"')
  expect(svg).toContain('points="448,312"')
  expect(svg).toContain('>one</text>')
})
