// A Worker in the older style: no modules, an event listener. Says what it was asked, as plain text.

addEventListener('fetch', (event) => {
  event.respondWith(answer(event.request))
})

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url)
  const text = request.method === 'POST' ? await request.text() : ''
  const lines = [
    `${request.method} ${pathname}`,
    ...[...searchParams].map(([name, value]) => `${name}=${value}`),
    text,
  ]
  return new Response(lines.filter((line) => line !== '').join('\n') + '\n', {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
}
