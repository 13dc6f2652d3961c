import { jwtVerify } from 'jose'

const secret = new TextEncoder().encode('a secret of thirty-two bytes, yes')

export default {
  async fetch(request) {
    const token = request.headers.get('authorization')?.slice('Bearer '.length)
    if (token === undefined) return new Response('expected a token')
    return Response.json((await jwtVerify(token, secret)).payload)
  },
}
