import React from 'react'
import { renderToString, renderToReadableStream } from 'react-dom/server.edge'

const App = ({ name }) => (
  <main>
    <h1>Hello {name}</h1>
  </main>
)

export default {
  async fetch() {
    const stream = await renderToReadableStream(<App name="stream" />)
    return new Response(`${renderToString(<App name="<you>" />)}\n${await new Response(stream).text()}`)
  },
}
