import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'

export default {
  fetch: async () =>
    new Response(await renderToString(createSSRApp({ render: () => h('h1', 'Hello <you>') }))),
}
