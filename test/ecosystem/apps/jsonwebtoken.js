import jwt from 'jsonwebtoken'

export default {
  async fetch() {
    const token = jwt.sign({ sub: '42' }, 'secret', { algorithm: 'HS256', noTimestamp: true })
    let refused = ''
    try {
      jwt.verify(token, 'other')
    } catch (error) {
      refused = error.message
    }
    return Response.json({ token, subject: jwt.verify(token, 'secret').sub, refused })
  },
}
