/** @jsxImportSource preact */
import { render } from 'preact-render-to-string'

export default { fetch: () => new Response(render(<h1 class="a">Hello {'<you>'}</h1>)) }
