import { sealData, unsealData } from 'iron-session'

export default {
  async fetch() {
    const password = 'a password that has thirty-two chars'
    return Response.json(await unsealData(await sealData({ user: 1 }, { password }), { password }))
  },
}
