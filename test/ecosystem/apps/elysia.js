import { Elysia } from 'elysia'

const app = new Elysia({ aot: false }).get('/', () => 'elysia').get('/id/:id', ({ params }) => params)

export default {
  async fetch() {
    const answers = ['/', '/id/5'].map(async (path) =>
      (await app.handle(new Request(`http://localhost${path}`))).text(),
    )
    return Response.json(await Promise.all(answers))
  },
}
