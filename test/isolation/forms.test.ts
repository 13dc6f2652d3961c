/** Forms whose body or boundary a client chose to make them dear to read: they cost what their length does. */
import { afterAll, beforeAll, describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const SIZE = 16_000
const LONG = 'b'.repeat(70)
/** As `nano.json` has it when it says nothing. */
const CPU_MS = 200

/** Boundary, body, and what the app answers. */
const FORMS: Record<string, [boundary: string, body: string, status: number]> = {
  'a boundary half as long as the body': ['-'.repeat(SIZE / 2), '-'.repeat(SIZE), 400],
  'a boundary as long as its header may be': ['-'.repeat(30_000), `\n${'-'.repeat(SIZE)}`, 400],
  'lines that nearly are the longest boundary': [LONG, `\r\n--${LONG.slice(1)}`.repeat(SIZE / 73), 400],
  'dashes and nothing else': ['-'.repeat(70), `x${'-'.repeat(SIZE)}`, 400],
  'a boundary and no end of it': [LONG, `--${LONG}\r\n${'\n'.repeat(SIZE)}`, 400],
  'many small parts': [
    'b',
    `${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(300)}--b--`,
    200,
  ],
}

describe('forms', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      { name: 'forms', hostname: 'forms.test', path: fixture('mirror'), cpu_ms: CPU_MS, max_header_kb: 64 },
      NEIGHBOUR,
    ])
  })

  afterAll(() => server.close())

  test.for(Object.entries(FORMS))(
    '%s: read or refused, and the app goes on',
    async ([, form], { expect }) => {
      const [boundary, body, status] = form
      const neighbour = watchNeighbour(server)
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
      const sent = { method: 'POST', body, headers }
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => server.send('forms.test', '/form', sent)),
      )
      expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status))
      await neighbour.stop()
    },
  )

  test('none of them cost an instance', async ({ expect }) => {
    const forms = (await server.tenants()).find(({ name }) => name === 'forms')
    expect(forms?.counters).toMatchObject({ traps: 0, cpuStops: 0, backedOff: 0 })
  })
})
