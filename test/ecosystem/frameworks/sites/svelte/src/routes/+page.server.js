import { env } from '$env/dynamic/private'

export async function load({ platform, cookies }) {
  const { VISITS } = platform.env
  const visits = Number((await VISITS.get('count')) ?? 0)
  cookies.set('seen', 'yes', { path: '/' })
  return { greeting: platform.env.GREETING, same: env.GREETING, visits: typeof visits }
}
