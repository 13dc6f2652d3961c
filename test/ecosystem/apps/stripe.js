import Stripe from 'stripe'

export default {
  async fetch() {
    const asked = []
    const stripe = new Stripe('sk_test_1', {
      httpClient: Stripe.createFetchHttpClient(async (url, init) => {
        asked.push(`${init.method} ${url} ${init.body ?? ''}`)
        return Response.json({ id: 'cus_1', object: 'customer' })
      }),
    })
    const { id } = await stripe.customers.create({ email: 'a@b.co' })
    return Response.json({ id, asked })
  },
}
