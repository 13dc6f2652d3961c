/** How functions of `node:crypto` answer: in the call, or later to a callback. */

export type Callback<T> = (error: Error | null, value?: T) => void

export function answer<T>(compute: () => T, callback: Callback<T> | undefined): T | undefined {
  if (callback === undefined) return compute()
  queueMicrotask(() => {
    let value: T
    try {
      value = compute()
    } catch (error) {
      callback(error as Error)
      return
    }
    callback(null, value)
  })
  return undefined
}
