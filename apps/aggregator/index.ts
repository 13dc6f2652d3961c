/**
 * Two upstreams, one answer: fetches the weather and the news at the same time and puts them together. When one
 * of them fails or is slow the answer holds the other and says what is missing; when both do, it is a 502.
 */

interface Env {
  WEATHER_URL: string
  NEWS_URL: string
}

type Part = { ok: true; data: unknown } | { ok: false; problem: string }

const PATIENCE_MS = 2000

const worker: ExportedHandler<Env> = {
  async fetch(request, env) {
    if (new URL(request.url).pathname !== '/') return new Response('Not found\n', { status: 404 })
    const [weather, news] = await Promise.all([load(env.WEATHER_URL), load(env.NEWS_URL)])
    const status = weather.ok || news.ok ? 200 : 502
    return Response.json({ complete: weather.ok && news.ok, weather, news }, { status })
  },
}

/** One upstream's JSON. Never rejects, so that one failure does not take the other part away. */
async function load(url: string): Promise<Part> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), PATIENCE_MS)
  try {
    const response = await fetch(url, { headers: { accept: 'application/json' }, signal: controller.signal })
    if (!response.ok) return { ok: false, problem: `upstream answered ${response.status}` }
    return { ok: true, data: await response.json() }
  } catch {
    return {
      ok: false,
      problem: controller.signal.aborted ? 'upstream is too slow' : 'upstream cannot be reached',
    }
  } finally {
    clearTimeout(timer)
  }
}

export default worker
