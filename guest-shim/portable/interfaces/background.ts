/** wit/background.wit: a request is waited for until nothing of it is held. */

import type * as Wit from 'nano:workers/background'

const held = new Set<number>()

export const hold: typeof Wit.hold = (id) => void held.add(id)

export const release: typeof Wit.release = (id) => void held.delete(id)

export const isHeld = (id: number): boolean => held.has(id)
