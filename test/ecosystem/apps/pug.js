import pug from 'pug'

export default { fetch: () => new Response(pug.render('h1.a= name', { name: '<you>' })) }
