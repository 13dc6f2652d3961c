/**
 * Server-sent events: a stream of ticks at the client's chosen pace, ended by count or by the client going away.
 *
 *     curl -N 'http://events.localhost:3000/ticks?count=5&every=500'
 */

/** Streams that are open now; `GET /open` tells, so that one can see a stream end when its client leaves. */
let open = 0

const worker: ExportedHandler = {
  fetch(request) {
    const url = new URL(request.url)
    if (url.pathname === '/open') return Response.json({ open })
    if (url.pathname === '/ticks') return streamTicks(request, url.searchParams)
    if (url.pathname === '/') {
      return new Response(PAGE, { headers: { 'content-type': 'text/html; charset=utf-8' } })
    }
    return new Response('Not found\n', { status: 404 })
  },
}

function streamTicks(request: Request, params: URLSearchParams): Response {
  const count = toBounded(params.get('count'), 1, 1_000_000, 10)
  const every = toBounded(params.get('every'), 1, 60_000, 1000)
  const encoder = new TextEncoder()
  let timer: ReturnType<typeof setInterval> | undefined
  let sent = 0

  const stop = () => {
    if (timer === undefined) return
    clearInterval(timer)
    timer = undefined
    open -= 1
  }

  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      open += 1
      controller.enqueue(encoder.encode('retry: 3000\n\n'))
      timer = setInterval(() => {
        sent += 1
        controller.enqueue(
          encoder.encode(`id: ${sent}\nevent: tick\ndata: ${JSON.stringify({ tick: sent })}\n\n`),
        )
        if (sent < count) return
        stop()
        controller.close()
      }, every)
    },
    cancel: stop,
  })
  request.signal.addEventListener('abort', stop)
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}

/** A number from the query within its bounds, or the default when there is none. */
function toBounded(text: string | null, least: number, most: number, otherwise: number): number {
  const value = Number(text ?? Number.NaN)
  return Number.isInteger(value) ? Math.min(most, Math.max(least, value)) : otherwise
}

const PAGE = `<!doctype html>
<title>Ticks</title>
<h1>Ticks</h1>
<ol id="ticks"></ol>
<script>
  const source = new EventSource('/ticks?count=20&every=500')
  source.addEventListener('tick', (event) => {
    const item = document.createElement('li')
    item.textContent = event.data
    document.querySelector('#ticks').append(item)
    if (JSON.parse(event.data).tick === 20) source.close()
  })
</script>
`

export default worker
