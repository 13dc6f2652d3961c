import { env } from 'cloudflare:workers'
import { useState } from 'react'
import { Link, data } from 'react-router'

import picture from '../picture.svg?no-inline'

export const meta = () => [{ title: 'React Router' }]

export async function loader() {
  const { GREETING, VISITS } = env
  const visits = Number((await VISITS.get('count')) ?? 0)
  return data(
    { greeting: GREETING, visits: typeof visits },
    { headers: { 'Set-Cookie': 'seen=yes; Path=/' } },
  )
}

export default function Home({ loaderData }) {
  const [count, setCount] = useState(1)
  return (
    <main>
      <h1>{loaderData.greeting}</h1>
      <p id="visits">{loaderData.visits}</p>
      <img src={picture} alt="a picture" />
      <button onClick={() => setCount(count + 1)}>count {count}</button>
      <Link to="/about">about</Link> <Link to="/form">form</Link> <Link to="/stream">stream</Link>{' '}
      <a href="/api/echo?q=1">api</a>
    </main>
  )
}
