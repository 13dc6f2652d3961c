import { createElement as h } from 'react'
import { renderToString } from 'react-dom/server.edge'

const Row = ({ number }) =>
  h(
    'tr',
    null,
    h('td', null, number),
    h('td', { className: 'name' }, `Row ${number}`),
    h('td', null, number * 2),
  )
const numbers = Array.from({ length: 200 }, (_, i) => i)

export default {
  fetch() {
    const rows = numbers.map((number) => h(Row, { key: number, number }))
    const html = renderToString(h('table', null, h('tbody', null, rows)))
    return new Response(html, {
      headers: { 'content-type': 'text/html', 'cache-control': 'public, max-age=600' },
    })
  },
}
