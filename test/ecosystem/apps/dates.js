import { addDays, format } from 'date-fns'
import dayjs from 'dayjs'
import { DateTime } from 'luxon'

export default {
  fetch: () =>
    Response.json([
      format(addDays(new Date('2026-01-31T00:00:00Z'), 1), 'yyyy-MM-dd EEEE'),
      dayjs('2026-01-31').add(1, 'month').format('DD.MM.YYYY'),
      DateTime.fromISO('2026-01-31T10:00:00Z', { zone: 'utc' }).plus({ days: 1 }).toISO(),
    ]),
}
