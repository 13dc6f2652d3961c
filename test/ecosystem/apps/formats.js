import { stringify } from 'csv-stringify'
import { stringify as stringifySync } from 'csv-stringify/sync'
import ini from 'ini'
import * as yaml from 'js-yaml'
import JSON5 from 'json5'
import xml2js from 'xml2js'

export default {
  async fetch() {
    const csv = await new Promise((resolve, reject) => {
      const rows = [
        [1, 'a,b', new Date(0)],
        [2, '"q"', null],
      ]
      stringify(rows, { header: true, columns: ['n', 's', 'd'] }, (error, text) =>
        error ? reject(error) : resolve(text),
      )
    })
    return Response.json([
      await xml2js.parseStringPromise('<a x="1"><b>t</b><b/><c><![CDATA[<z>]]></c></a>'),
      new xml2js.Builder().buildObject({ r: { $: { q: 1 }, i: [1, 2] } }),
      yaml.load('a: &x [1, 2.5, ~, 2020-01-01]\nb: *x\nc: |\n  t\n  u\n'),
      yaml.dump({ a: [1, { b: null }], d: new Date(0), s: 'a: b\nc' }),
      ini.parse('a=1\n[s.t]\nb[]=x\nb[]=y\nc=true'),
      ini.stringify({ a: 1, s: { b: 'q w' } }),
      csv,
      stringifySync([{ a: 1 }], { header: true }),
      JSON5.parse("{a: 0x1F, b: 'x', /*c*/ d: [Infinity,],}"),
      JSON5.stringify({ 'a-b': 1, c: "it's" }),
    ])
  },
}
