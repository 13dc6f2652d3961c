import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'

const storage = new AsyncLocalStorage()

export default defineEventHandler(async (event) => {
  if (event.method === 'PUT') {
    setResponseStatus(event, 202)
    return readRawBody(event)
  }
  const { q } = getQuery(event)
  const kept = await storage.run(q, async () => {
    await useStorage('memory').setItem('q', q)
    return storage.getStore()
  })
  return {
    q,
    kept,
    stored: await useStorage('memory').getItem('q'),
    hash: createHash('md5').update(String(q)).digest('hex'),
  }
})
