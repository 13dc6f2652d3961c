import moment from 'moment'
import tz from 'moment-timezone'
import * as chrono from 'chrono-node'
export default {
  async fetch() {
    moment.locale('en')
    const d = moment.utc('2024-02-29T13:45:10Z')
    const ref = new Date('2024-02-29T12:00:00Z')
    return Response.json([
      d.format(),
      d.format('dddd, MMMM Do YYYY, h:mm:ss a'),
      d.locale('en').format('LLLL'),
      d.add(1, 'year').toISOString(),
      moment.duration(98765432).humanize(),
      moment.utc('2020-01-01').from(moment.utc('2024-01-01')),
      tz.tz('2024-07-01T12:00:00Z', 'America/New_York').format(),
      tz.tz.guess(),
      tz.tz('2024-01-01', 'Asia/Tokyo').utcOffset(),
      chrono.parseDate('next friday at 4pm', ref)?.toISOString(),
      chrono
        .parse('from 10 to 12 march 2025', ref)
        .map((r) => [r.text, r.start.date().toISOString(), r.end?.date().toISOString()]),
      String(moment.utc('2024-01-01')),
      moment('x').isValid(),
      moment.utc('2024-01-31').diff('2023-01-31', 'days'),
    ])
  },
}
