import { fail } from '@sveltejs/kit'

export const actions = {
  async default({ request }) {
    const name = (await request.formData()).get('name')
    return name === '' ? fail(422, { missing: true }) : { name }
  },
}
