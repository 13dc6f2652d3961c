// what most apps do at least: look at the URL, the headers and env
export default {
  fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url)
    const who = request.headers.get('user-agent') ?? 'nobody'
    const text = `${env.GREETING}, ${who}: ${pathname} ${searchParams.get('page') ?? 1}\n`
    return new Response(text, { headers: { 'content-type': 'text/plain', 'x-app': env.NAME } })
  },
}
