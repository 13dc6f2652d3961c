import bcrypt from 'bcryptjs'

export default {
  fetch: async () => {
    const hash = await bcrypt.hash('secret', 4)
    return Response.json([await bcrypt.compare('secret', hash), await bcrypt.compare('other', hash)])
  },
}
