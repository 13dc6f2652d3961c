/** What the engine has that an app's globals replace. Imported before they are set up. */

type Start = (callback: () => void, delay: number) => number

const { setTimeout: start } = globalThis as unknown as { readonly setTimeout: Start }
const NativePromise = Promise

/** Settles when everything that is runnable has run. */
export const nextTask = (): Promise<void> => new NativePromise((resolve) => void start(resolve, 0))
