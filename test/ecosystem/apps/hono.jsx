/** @jsxImportSource hono/jsx */
import { Hono } from 'hono'
import { env, getRuntimeKey } from 'hono/adapter'
import { cors } from 'hono/cors'
import { contextStorage, getContext } from 'hono/context-storage'
import { jwt, sign } from 'hono/jwt'

const app = new Hono()
app.use(cors(), contextStorage())
const Page = ({ name }) => <h1>Hello {name}</h1>
app.get('/page', (c) => c.html(<Page name="<you>" />))
app.get('/context', async (c) => {
  c.set('user', 'ada')
  await new Promise((resolve) => setTimeout(resolve, 1))
  return c.text(String(getContext().get('user')))
})
app.get('/env', (c) => c.json({ runtime: getRuntimeKey(), env: typeof env(c) }))

export default {
  async fetch() {
    const texts = ['/page', '/context', '/env', '/none'].map(async (path) => (await app.request(path)).text())
    return Response.json({
      texts: await Promise.all(texts),
      token: await sign({ a: 1 }, 'k'),
      jwt: typeof jwt,
    })
  },
}
