import { Hono } from 'hono'
import * as z from 'zod'

const order = z.object({
  id: z.string(),
  customer: z.object({ name: z.string().min(1), email: z.email() }),
  items: z.array(z.object({ sku: z.string(), count: z.int().min(1), price: z.number() })).min(1),
})

const app = new Hono()
app.get('/', (c) => c.text('orders'))
app.post('/orders', async (c) => {
  const { id, items } = order.parse(await c.req.json())
  return c.json({ id, total: items.reduce((sum, { count, price }) => sum + count * price, 0) })
})

export default app
