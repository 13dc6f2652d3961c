import { firstValueFrom, from, map, timer, toArray, concatMap } from 'rxjs'

export default {
  fetch: async () =>
    Response.json(
      await firstValueFrom(
        from([1, 2]).pipe(
          concatMap((n) => timer(1).pipe(map(() => n * 2))),
          toArray(),
        ),
      ),
    ),
}
