/** Values as bytes, for the parts that need it (lazy/serialize.ts): an image has the text of that once, and runs it when it is asked for. */

import loadSerialize from '../lazy/serialize.ts?lazy'

type Part = () => Pick<typeof import('../lazy/serialize.ts'), 'serialize' | 'deserialize'>

export const loadSerializer = loadSerialize as Part
