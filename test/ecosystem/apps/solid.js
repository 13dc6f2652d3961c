import { createComponent, escape, renderToString, ssr } from 'solid-js/web'

const App = ({ name }) => ssr(['<h1>Hello ', '</h1>'], escape(name))

export default { fetch: () => new Response(renderToString(() => createComponent(App, { name: '<you>' }))) }
