// Redis by redis
import { createClient } from 'redis'

export default {
  async fetch(_request, env) {
    const client = await createClient({ url: env.REDIS }).connect()
    await client.del('redis:list')
    const set = await client.set('redis:text', 'ä😀', { EX: 60 })
    const text = await client.get('redis:text')
    const [length, items] = await client
      .multi()
      .rPush('redis:list', ['a', 'b'])
      .lRange('redis:list', 0, -1)
      .exec()
    const failed = await client.lPush('redis:text', 'x').catch(({ message }) => message)
    const heard = []
    const subscriber = await client.duplicate().connect()
    const message = new Promise(
      (resolve) =>
        void subscriber.subscribe('redis:news', resolve).then(() => client.publish('redis:news', 'hello')),
    )
    heard.push(await message)
    await subscriber.close()
    await client.close()
    return Response.json({ set, text, length, items, failed, heard })
  },
}
