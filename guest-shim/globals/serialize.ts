/** Values as bytes, for whoever stores them or sends them to another guest; the code is loaded with the first one. */

import type { deserialize, serialize } from '../lazy/serialize.ts'
import load from '../lazy/serialize.ts?lazy'

type Part = () => {
  readonly serialize: typeof serialize
  readonly deserialize: typeof deserialize
}

export const loadSerializer = load as Part
