import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { Suspense } from 'hono/jsx'
import { jsxRenderer } from 'hono/jsx-renderer'
import { Link, Script, ViteClient } from 'vite-ssr-components/hono'

const app = new Hono()

app.get(
  '*',
  jsxRenderer(
    ({ children, title }) => (
      <html lang="en">
        <head>
          <title>{title}</title>
          <ViteClient />
          <Script src="/src/client.tsx" />
          <Link href="/src/style.css" rel="stylesheet" />
        </head>
        <body>{children}</body>
      </html>
    ),
    { stream: true },
  ),
)

app.get('/', async (c) => {
  const visits = Number((await c.env.VISITS.get('count')) ?? 0)
  setCookie(c, 'seen', 'yes')
  return c.render(
    <main>
      <h1>{c.env.GREETING}</h1>
      <p id="visits">{typeof visits}</p>
      <img src="/icon.svg" alt="a picture" />
      <div id="counter" />
      <a href="/about">about</a> <a href="/form">form</a> <a href="/stream">stream</a>{' '}
      <a href="/api/echo?q=1">api</a>
    </main>,
    { title: 'Hono' },
  )
})

const Later = async () => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return <p id="later">streamed</p>
}
app.get('/stream', (c) =>
  c.render(
    <Suspense fallback={<p>waiting</p>}>
      <Later />
    </Suspense>,
    { title: 'Stream' },
  ),
)

const Form = ({ name }) => (
  <>
    {name && <p id="sent">{name}</p>}
    <form method="post">
      <input name="name" />
      <button>send</button>
    </form>
  </>
)
app.get('/form', (c) => c.render(<Form />, { title: 'Form' }))
app.post('/form', async (c) => c.html(<Form name={(await c.req.parseBody()).name} />))

app.get('/api/echo', (c) => c.json({ q: c.req.query('q') }))
app.put('/api/echo', async (c) => c.body(await c.req.text(), 202))

export default app
