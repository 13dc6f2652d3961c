import Koa from 'koa'

export default { fetch: () => new Response(typeof new Koa().callback()) }
