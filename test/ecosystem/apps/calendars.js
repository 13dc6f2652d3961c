import { Cron } from 'croner'
import { formatInTimeZone, fromZonedTime } from 'date-fns-tz'
import { RRule } from 'rrule'
import { Temporal } from 'temporal-polyfill'

const when = new Date(1_700_000_000_000)

export default {
  fetch: () =>
    Response.json([
      formatInTimeZone(when, 'America/New_York', 'yyyy-MM-dd HH:mm:ss zzz'),
      fromZonedTime('2024-03-31 02:30', 'Europe/Berlin'),
      new RRule({ freq: RRule.WEEKLY, count: 3, dtstart: when }).all(),
      new Cron('0 9 * * 1', { timezone: 'Europe/London' }).nextRun(when),
      Temporal.PlainDate.from('2024-02-29').add({ years: 1 }).toLocaleString('en-GB', { dateStyle: 'full' }),
      Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO('Europe/Paris').add({ months: 6 }),
    ]),
}
