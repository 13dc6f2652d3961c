import { Suspense } from 'react'
import { Await } from 'react-router'

export const loader = () => ({ later: new Promise((resolve) => setTimeout(resolve, 20, 'streamed')) })

export default function Stream({ loaderData }) {
  return (
    <Suspense fallback={<p>waiting</p>}>
      <Await resolve={loaderData.later}>{(text) => <p id="later">{text}</p>}</Await>
    </Suspense>
  )
}
