import { render } from 'svelte/server'
import * as $ from 'svelte/internal/server'

// what the compiler makes of <h1>Hello {name}</h1>
function App(renderer, { name }) {
  renderer.push(`<h1>Hello ${$.escape(name)}</h1>`)
}

export default {
  fetch() {
    const { body } = render(App, { props: { name: '<you>' } })
    return new Response(body.replaceAll(/<!--.*?-->/g, ''))
  },
}
