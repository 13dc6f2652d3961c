import busboy from 'busboy'
import nodemailer from 'nodemailer'
import PostalMime from 'postal-mime'
import { Readable } from 'node:stream'

const MAIL =
  'From: =?utf-8?q?J=C3=B6rg?= <a@b.c>\r\nSubject: =?iso-8859-1?q?=E4?=\r\nContent-Type: text/html; charset=iso-8859-1\r\n' +
  'Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=E4</p>'
const FORM =
  '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\u00e4\r\n--X\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n' +
  'Content-Type: text/plain\r\n\r\nhi\r\n--X--\r\n'

async function send() {
  const transport = nodemailer.createTransport({ streamTransport: true, buffer: true })
  const { message } = await transport.sendMail({
    from: 'a@b.c',
    to: 'x@y.z',
    subject: 'ä',
    text: 'hi',
    date: new Date(0),
    messageId: '<1@x>',
  })
  return message.toString()
}

function readForm() {
  const form = busboy({ headers: { 'content-type': 'multipart/form-data; boundary=X' } })
  const seen = []
  form.on('field', (name, value) => seen.push([name, value]))
  form.on('file', (name, stream, { filename }) => {
    seen.push(new Response(Readable.toWeb(stream)).text().then((text) => [name, filename, text]))
  })
  const whole = new Promise((resolve, reject) => form.on('close', resolve).on('error', reject))
  Readable.fromWeb(new Response(FORM).body).pipe(form)
  return whole.then(() => Promise.all(seen))
}

export default {
  async fetch() {
    const { from, subject, html } = await PostalMime.parse(MAIL)
    return Response.json([from, subject, html, await send(), await readForm()])
  },
}
