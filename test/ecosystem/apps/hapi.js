import Hapi from '@hapi/hapi'
import { httpServerHandler } from 'cloudflare:node'
let ready
export default {
  async fetch(request, env, ctx) {
    ready ??= (async () => {
      const s = Hapi.server({ port: 8080 })
      s.route([
        {
          method: 'GET',
          path: '/a/{id}',
          handler: (q, h) => h.response({ id: q.params.id, q: q.query }).code(202).header('x-y', 'z'),
        },
        { method: 'POST', path: '/p', handler: (q) => q.payload },
        {
          method: 'GET',
          path: '/e',
          handler: () => {
            throw new Error('x')
          },
        },
      ])
      await s.start()
    })()
    await ready
    const inner = httpServerHandler({ port: 8080 })
    const ask = async (p, i) => {
      const r = await inner.fetch(new Request('http://h.example' + p, i), env, ctx)
      return [r.status, await r.text(), r.headers.get('x-y'), r.headers.get('content-type')]
    }
    return Response.json([
      await ask('/a/5?x=1'),
      await ask('/p', { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } }),
      await ask('/e'),
      await ask('/zz'),
    ])
  },
}
