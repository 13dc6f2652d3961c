import { load } from 'cheerio'
import { XMLParser } from 'fast-xml-parser'
import Papa from 'papaparse'
import qs from 'qs'
import YAML from 'yaml'

export default {
  fetch: () =>
    Response.json([
      load('<ul><li>a<li class=x>b</ul>')('li.x').text(),
      new XMLParser().parse('<a><b>1</b><b>2</b></a>'),
      Papa.parse('a,b\n1,2', { header: true }).data,
      qs.parse('a[b]=1&c[]=2'),
      YAML.parse('a: [1, {b: 2}]'),
    ]),
}
