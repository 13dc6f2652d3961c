/** wit/console.wit over wasi:cli. */

import type * as Wit from 'nano:workers/console'
import { write } from '../stdio.ts'

const EMPTY = new Uint8Array(0)

export const log: typeof Wit.log = (level, text) => write(level, text)

export const report: typeof Wit.report = (error) => write('error', error)

/** Nobody here has the app's source map. */
export const mapPlaces: typeof Wit.mapPlaces = () => EMPTY
