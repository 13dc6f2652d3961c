import i18next from 'i18next'
import { IntlMessageFormat } from 'intl-messageformat'
export default {
  async fetch() {
    const i = i18next.createInstance()
    await i.init({
      lng: 'ru',
      fallbackLng: 'en',
      resources: {
        en: {
          translation: {
            hi: 'Hi {{name}}',
            n: '{{val, number}}',
            d: '{{v, datetime(dateStyle: long; timeZone: UTC)}}',
            item_one: '{{count}} item',
            item_other: '{{count}} items',
            c: '{{v, currency(EUR)}}',
            l: '{{v, list}}',
          },
        },
        ru: {
          translation: {
            item_one: '{{count}} штука',
            item_few: '{{count}} штуки',
            item_many: '{{count}} штук',
          },
        },
      },
    })
    const m = (t, l, v) => new IntlMessageFormat(t, l).format(v)
    return Response.json([
      i.t('hi', { name: '<b>' }),
      [1, 3, 5, 21].map((count) => i.t('item', { count })),
      i.t('n', { val: 12345.6, lng: 'de' }),
      i.t('d', { v: new Date(0), lng: 'en' }),
      i.t('c', { v: 5, lng: 'en' }),
      i.t('l', { v: ['a', 'b', 'c'], lng: 'en' }),
      m('{n, plural, one {# cat} other {# cats}} on {d, date, long}', 'en', { n: 3, d: new Date(0) }),
      m(
        '{g, select, f {her} other {their}} {p, number, percent} {n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}',
        'en',
        { g: 'f', p: 0.256, n: 22 },
      ),
      m('{n, number, ::currency/JPY compact-short}', 'ja', { n: 123456 }),
    ])
  },
}
