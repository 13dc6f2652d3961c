import iconv from 'iconv-lite'

export default {
  fetch: () =>
    Response.json({
      decoded: iconv.decode(Buffer.from([0xcf, 0xf0, 0xe8]), 'win1251'),
      encoded: [...iconv.encode('日本', 'shift_jis')],
    }),
}
