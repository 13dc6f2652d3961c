import { createClient } from '@supabase/supabase-js'

export default {
  async fetch() {
    const asked = []
    const client = createClient('https://db.example', 'key', {
      global: {
        fetch: async (url, init) => {
          asked.push(`${init.method} ${url}`)
          return Response.json([{ id: 1 }])
        },
      },
    })
    const { data } = await client.from('notes').select('id').eq('id', 1)
    return Response.json({ data, asked })
  },
}
