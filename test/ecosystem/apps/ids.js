import { customAlphabet, nanoid } from 'nanoid'
import { ulid } from 'ulid'
import { v4, v7 } from 'uuid'

export default {
  fetch: () =>
    Response.json([nanoid().length, customAlphabet('ab', 5)().length, ulid().length, v4().length, v7()[14]]),
}
