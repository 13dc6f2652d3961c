import { useState } from 'hono/jsx'
import { render } from 'hono/jsx/dom'

function Counter() {
  const [count, setCount] = useState(1)
  return <button onClick={() => setCount(count + 1)}>count {count}</button>
}

const place = document.getElementById('counter')
if (place) render(<Counter />, place)
