// The upstreams of the aggregator example: weather and news that never change, as JSON.

const FEEDS = {
  '/weather': { place: 'Lisbon', sky: 'clear', celsius: 21 },
  '/news': { headlines: ['WebAssembly components learn to share', 'Local app starts in milliseconds'] },
}

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/') return Response.json({ feeds: Object.keys(FEEDS) })
    const feed = FEEDS[pathname]
    if (!feed) return Response.json({ error: 'no such feed' }, { status: 404 })
    await new Promise((resolve) => setTimeout(resolve, 50))
    return Response.json(feed)
  },
}
