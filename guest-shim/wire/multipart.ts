/**
 * A FormData as the parts of a `multipart/form-data` body. Files stay Blobs, read when their turn comes.
 */

const encoder = new TextEncoder()
const escapes: Record<string, string> = { '\n': '%0A', '\r': '%0D', '"': '%22' }

const escape = (name: string) => name.replaceAll(/[\r\n"]/g, (found) => escapes[found] ?? '')
const unifyLines = (text: string) => text.replaceAll(/\r\n|\r|\n/g, '\r\n')

export function makeMultipart(form: FormData): { parts: (Uint8Array<ArrayBuffer> | Blob)[]; type: string } {
  const boundary = `----nano-${makeSuffix()}${makeSuffix()}`
  const parts: (Uint8Array<ArrayBuffer> | Blob)[] = []
  let text = ''
  form.forEach((value, name) => {
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${escape(unifyLines(name))}"`
    if (typeof value === 'string') {
      text += `\r\n\r\n${unifyLines(value)}\r\n`
      return
    }
    const type = value.type || 'application/octet-stream'
    text += `; filename="${escape(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`
    parts.push(encoder.encode(text), value)
    text = '\r\n'
  })
  parts.push(encoder.encode(`${text}--${boundary}--\r\n`))
  return { parts, type: `multipart/form-data; boundary=${boundary}` }
}

function makeSuffix(): string {
  return Math.random().toString(36).slice(2)
}
