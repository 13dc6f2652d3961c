export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname === '/') return new Response(`${env.GREETING} from NANO!\n`)
    return new Response('There is nothing here.\n', { status: 404 })
  },
} satisfies ExportedHandler<Env>
