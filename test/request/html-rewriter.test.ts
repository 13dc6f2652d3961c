/** `HTMLRewriter` beside workerd's: the same app gives the same pages on both, however the page is cut into chunks. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { fixture, fixtureSource, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { type Peer, startWorkerd } from '../harness/workerd.ts'

type Answers = Readonly<Record<string, unknown>>

describe('HTMLRewriter', () => {
  let server: Served
  let peer: Peer

  beforeAll(async () => {
    const limits = { cpu_ms: 5000, timeout_ms: 20_000 }
    server = await serve([
      { name: 'pages', hostname: 'localhost', path: fixture('html-rewriter'), ...limits },
    ])
    peer = await startWorkerd(fixtureSource('html-rewriter'))
  })

  afterAll(async () => {
    await server.close()
    await peer[Symbol.asyncDispose]()
  })

  const own = (path: string) => fetch(`http://localhost:${server.port}${path}`)
  const ask = async (path: string): Promise<[own: Answers, theirs: Answers]> =>
    [await (await own(path)).json(), await (await fetch(peer.origin + path)).json()] as [Answers, Answers]

  test.for([100_000, 1, 3, 7])('pages in chunks of %d bytes', async (size) => {
    const [mine, theirs] = await ask(`/${size}`)
    expect(Object.keys(mine).length).toBeGreaterThan(25)
    if (size > 1000) return expect(mine).toEqual(theirs)
    // where a text is cut is everybody's own
    for (const [name, answer] of Object.entries(mine)) {
      if (name === 'texts' || name === 'raw' || name === 'document' || name === 'foreign' || name === 'order')
        continue
      expect({ [name]: answer }).toEqual({ [name]: theirs[name] })
    }
    expect(pages(mine)).toEqual(pages(theirs))
  })

  test('selectors', async () => {
    const [mine, theirs] = await ask('/selectors')
    expect(Object.keys(mine).length).toBeGreaterThan(70)
    expect(mine).toEqual(theirs)
  })

  test('a page without an end is rewritten as it is read', async () => {
    const response = await own('/endless')
    expect(response.status).toBe(203)
    expect(response.headers.get('x-kept')).toBe('yes')
    let text = ''
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk as Uint8Array).toString()
      if (text.length > 100_000) break
    }
    expect(text).toMatch(/^<p seen="1">0<\/p><p seen="1">1<\/p>/)
  })

  test('a page of another encoding is UTF-8 afterwards, and says so', async () => {
    const response = await own('/latin')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await response.text()).toBe('<p>é漢</p>!!!!')
  })

  test('a response without a body stays one', async () => {
    expect(await (await own('/nobody')).json()).toBeNull()
  })
})

const pages = (answers: Answers): Answers =>
  Object.fromEntries(Object.entries(answers).map(([name, each]) => [name, (each as { out?: string }).out]))
