/**
 * A fleet on paper and in a model (fleet-model.ts): what 10, 100 and 1,000 hosts make of 100,000 and a million apps, with a balancer
 * that looks at host names and with one that does not. Nothing is measured here: it goes by what was (scale-figures.ts).
 */

import { FleetModel } from './fleet-model.ts'
import type { Asked, Routing } from './fleet-model.ts'
import type { Bench, Figure } from './figure.ts'
import { MEASURED, toPaper, toRequestMs } from './scale-figures.ts'

const HOSTS = [10, 100, 1000]
const APPS = [100_000, 1_000_000]
const ROUTINGS: Readonly<Record<Routing, string>> = {
  any: 'any host',
  hash: 'by name',
  bounded: 'by name, bounded',
}
const SEED = 1
/** Requests for each live app of the fleet, before anything is counted; and at most and least. */
const SETTLE = 1
const MOST = 4_000_000
const LEAST = 500_000
/** A rolling deploy takes so many steps. */
const STEPS = 20
const MB = 1_000_000
const PERCENT = 100

export async function scale(bench: Bench): Promise<void> {
  for (const hosts of HOSTS) {
    for (const apps of APPS) {
      paper(bench, hosts, apps)
      for (const routing of Object.keys(ROUTINGS) as Routing[]) {
        if (bench.isQuick && hosts * apps > 10_000_000) continue
        bench.tell(`${hosts} hosts, ${apps} apps, ${ROUTINGS[routing]}`)
        model(bench, hosts, apps, routing)
      }
    }
  }
}

function paper(bench: Bench, hosts: number, apps: number): void {
  const figures = toPaper(hosts, apps)
  const name = `${hosts} hosts, ${apps} apps`
  const add = (what: string, value: number, unit: Figure['unit']): void =>
    bench.add({ name: `${name}: ${what}`, value, unit })
  add('state, one copy', figures.stateBytes / MB, 'MB')
  add('state, read by all hosts at their start', figures.readBytes / MB, 'MB')
  add('registered, each host', figures.registeredBytes / MB, 'MB')
  add('registering, each start', figures.startMs, 'ms')
  add('images of all apps', figures.imagesBytes / MB, 'MB')
  add("images of a host's own apps", figures.ownImagesBytes / MB, 'MB')
  add('live apps, each host', figures.live, '')
}

function model(bench: Bench, hosts: number, apps: number, routing: Routing): void {
  const { live } = toPaper(hosts, apps)
  const fleet = new FleetModel({ hosts, apps, live, routing, seed: SEED })
  const requests = Math.min(MOST, Math.max(LEAST, SETTLE * live * hosts))
  fleet.ask(requests)
  const name = `${hosts} hosts, ${apps} apps, ${ROUTINGS[routing]}`
  const line = `${apps.toLocaleString('en')}, ${ROUTINGS[routing]}`
  const add = (what: string, value: number, unit: Figure['unit'], more: Partial<Figure> = {}): void =>
    bench.add({ name: `${name}: ${what}`, value, unit, ...more })

  const calm = fleet.ask(requests)
  const firsts = calm.firsts / calm.requests
  add('begin an instance', firsts * PERCENT, '%', { at: { plot: 'scale-firsts', line, x: hosts } })
  add('processor time of a request', toRequestMs(firsts), 'ms')
  add('busiest host to the mean', calm.most / calm.mean, 'x', {
    at: { plot: 'scale-busiest', line, x: hosts },
  })

  const moved = fleet.lose([0])
  // as many as one host's live apps are asked for, so that what follows the loss is not lost among what would be anyway
  const after = fleet.ask(live * hosts < requests ? live * hosts : requests)
  add('a host is gone: apps that move', (moved / apps) * PERCENT, '%')
  add('a host is gone: begin an instance', toShare(after), '%')
  const more = Math.max(0, after.firsts - firsts * after.requests)
  add("a host is gone: more of each other host's time", (more * MEASURED.firstMs) / (hosts - 1), 'ms')
  fleet.bring([0])
  fleet.ask(requests / STEPS)
  add('rolling deploy: begin an instance', toShare(roll(fleet, hosts, requests)), '%', {
    at: { plot: 'scale-rolling', line, x: hosts },
  })
}

/** Some hosts after the others begin again, with nothing live. */
function roll(fleet: FleetModel, hosts: number, requests: number): Asked {
  const size = Math.max(1, Math.ceil(hosts / STEPS))
  let total: Asked = { requests: 0, firsts: 0, most: 0, mean: 0 }
  for (let from = 0; from < hosts; from += size) {
    const those = Array.from({ length: Math.min(size, hosts - from) }, (_, i) => from + i)
    fleet.lose(those)
    total = add(total, fleet.ask(Math.ceil(requests / STEPS / 2)))
    fleet.bring(those)
    total = add(total, fleet.ask(Math.ceil(requests / STEPS / 2)))
  }
  return total
}

function add(total: Asked, { requests, firsts }: Asked): Asked {
  return { ...total, requests: total.requests + requests, firsts: total.firsts + firsts }
}

function toShare({ firsts, requests }: Asked): number {
  return (firsts / requests) * PERCENT
}
