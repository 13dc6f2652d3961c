import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'

const make = () =>
  betterAuth({
    secret: 'a-secret-that-is-long-enough-for-it',
    baseURL: 'http://localhost',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  })

export default {
  async fetch() {
    const answer = await make().handler(new Request('http://localhost/api/auth/ok'))
    return new Response(`${answer.status} ${await answer.text()}`)
  },
}
