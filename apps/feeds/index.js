// The upstreams of the aggregator example: weather and news that never change, as JSON.

const FEEDS = {
  '/weather': { place: 'Lisbon', sky: 'clear', celsius: 21 },
  '/news': { headlines: ['WebAssembly components learn to share', 'Local app starts in milliseconds'] },
}

export default {
  async fetch(request) {
    const feed = FEEDS[new URL(request.url).pathname]
    if (!feed) return Response.json({ feeds: Object.keys(FEEDS) }, { status: 404 })
    await new Promise((resolve) => setTimeout(resolve, 50))
    return Response.json(feed)
  },
}
