/** Something is done again and again while the page is seen. */

const PAUSE_MS = 2000

/**
 * The first time at once. One run begins when the one before is over. Gives what ends it.
 *
 * @param {() => Promise<void>} run never rejects
 */
export function poll(run) {
  let isOver = false
  let timer = 0
  const turn = async () => {
    clearTimeout(timer)
    if (isOver || document.hidden) return
    await run()
    clearTimeout(timer)
    timer = setTimeout(start, PAUSE_MS)
  }
  const start = () => void turn()
  document.addEventListener('visibilitychange', start)
  start()
  return () => {
    isOver = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', start)
  }
}
