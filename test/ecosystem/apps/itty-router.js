import { AutoRouter } from 'itty-router'

const router = AutoRouter()
router.get('/hello/:name', ({ params }) => `Hello ${params.name}`)

export default { fetch: () => router.fetch(new Request('http://x/hello/you')) }
