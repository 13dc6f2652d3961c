/**
 * A digest that the clock makes: every five minutes the pages of `FEEDS` are fetched, and what they are called is kept for
 * whoever asks. It is kept in memory here, as long as the instance lives.
 *
 *     curl http://digest.localhost:3000/
 *     npm run -s nano -- scheduled digest      do not wait for the clock
 */

interface Env {
  FEEDS: readonly string[]
}

interface Digest {
  madeAt: string
  cron: string
  entries: readonly Entry[]
}

interface Entry {
  url: string
  title: string
}

const TITLE = /<title[^>]*>([^<]*)<\/title>/i

let digest: Digest | undefined

const worker: ExportedHandler<Env> = {
  async scheduled({ cron, scheduledTime }, { FEEDS }) {
    const entries = await Promise.all(FEEDS.map(readTitle))
    digest = { madeAt: new Date(scheduledTime).toISOString(), cron, entries }
    console.log(`digest of ${entries.length} pages`)
  },

  fetch() {
    return Response.json(digest ?? { entries: [], hint: 'a digest is made every five minutes' })
  },
}

async function readTitle(url: string): Promise<Entry> {
  try {
    const response = await fetch(url)
    const title = TITLE.exec(await response.text())?.[1]?.trim()
    return { url, title: title ?? `no title (${response.status})` }
  } catch (error) {
    return { url, title: `not reached: ${error instanceof Error ? error.message : String(error)}` }
  }
}

export default worker
