import slugify from 'slugify'

export default { fetch: () => new Response(slugify('Crème brûlée & Döner', { lower: true })) }
