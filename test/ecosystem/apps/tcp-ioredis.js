// Redis by ioredis
import { Redis } from 'ioredis'

export default {
  async fetch(_request, env) {
    const redis = new Redis(env.REDIS)
    await redis.del('ioredis:list', 'ioredis:hash')
    const set = await redis.set('ioredis:text', 'ä😀', 'EX', 60)
    const text = await redis.get('ioredis:text')
    const pushed = await redis.pipeline().rpush('ioredis:list', 'a', 'b').lrange('ioredis:list', 0, -1).exec()
    const many = await redis.multi().hset('ioredis:hash', { a: 1, b: 2 }).hgetall('ioredis:hash').exec()
    const failed = await redis.lpush('ioredis:text', 'x').catch(({ message }) => message)
    const large = await redis
      .set('ioredis:large', 'x'.repeat(100_000))
      .then(() => redis.strlen('ioredis:large'))
    await redis.quit()
    return Response.json({ set, text, pushed, many, failed, large })
  },
}
