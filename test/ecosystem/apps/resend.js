import { Resend } from 'resend'

export default {
  async fetch() {
    const asked = []
    globalThis.fetch = async (url, init) => {
      asked.push([init.method, url])
      return Response.json({ id: 'm1' })
    }
    const { data } = await new Resend('re_1').emails.send({
      from: 'a@b.co',
      to: 'c@d.co',
      subject: 's',
      text: 't',
    })
    return Response.json({ data, asked })
  },
}
