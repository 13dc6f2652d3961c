export default defineEventHandler(async (event) => {
  const sent = event.method === 'POST' ? (await readFormData(event)).get('name') : undefined
  setHeader(event, 'content-type', 'text/html')
  return `<!doctype html><title>Form</title>${sent ? `<p id="sent">${sent}</p>` : ''}
<form method="post"><input name="name"><button>send</button></form>`
})
