import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'

const t = initTRPC.create()
const router = t.router({ hello: t.procedure.query(() => 'Hello tRPC') })

export default {
  fetch: () =>
    fetchRequestHandler({
      endpoint: '/t',
      req: new Request('http://x/t/hello'),
      router,
      createContext: () => ({}),
    }),
}
