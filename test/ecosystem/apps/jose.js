import { jwtVerify, SignJWT } from 'jose'

export default {
  async fetch() {
    const secret = new TextEncoder().encode('a secret of thirty-two bytes, yes')
    const token = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'HS256' }).sign(secret)
    return Response.json({ token, payload: (await jwtVerify(token, secret)).payload })
  },
}
