import axios from 'axios'

export default {
  async fetch() {
    const { data } = await axios.get('https://x.example/a', {
      params: { q: 'a b' },
      adapter: async (config) => ({ data: axios.getUri(config), status: 200, headers: {}, config }),
    })
    return new Response(data)
  },
}
