/**
 * `formData()`: forms in an URL's encoding, and those of several parts.
 */

import { parseBoundary, parseMultipart } from '../wire/multipart-parse.ts'
import { extractMimeType } from '../wire/mime-type.ts'
import {
  appendField,
  decode,
  decodeAll,
  NativeFile,
  NativeFormData,
  NativeTypeError,
  NativeURLSearchParams,
} from './primordials.ts'

/** `type`: of the content. */
export function readForm(bytes: Uint8Array, type: string | null): FormData {
  const mime = type === null ? undefined : extractMimeType(type)
  const form = new NativeFormData()
  if (mime?.essence === 'multipart/form-data') {
    const fields = parseMultipart(bytes, parseBoundary(mime))
    for (let i = 0; i < fields.length; i++) {
      const { filename, name, type: fileType, bytes: content } = fields[i] as (typeof fields)[number]
      if (filename === undefined) appendField(form, name, decode(content))
      else appendField(form, name, new NativeFile([content], filename, { type: fileType }))
    }
  } else if (mime?.essence === 'application/x-www-form-urlencoded') {
    // a question mark at the beginning would be left out, and so it is given one
    const params = new NativeURLSearchParams(`?${decodeAll(bytes)}`)
    for (const [name, value] of params) appendField(form, name, value)
  } else {
    throw new NativeTypeError(
      `formData: expected content of the type multipart/form-data or application/x-www-form-urlencoded, got ${type ?? 'none'}`,
    )
  }
  return form
}
