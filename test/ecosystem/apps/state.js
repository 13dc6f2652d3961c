import * as math from 'mathjs'
import { Map, List, Record, OrderedMap, is, Range } from 'immutable'
import { configureStore, createSlice, createAsyncThunk } from '@reduxjs/toolkit'
export default {
  async fetch() {
    const slice = createSlice({
      name: 'c',
      initialState: { v: 0 },
      reducers: {
        inc: (s, a) => {
          s.v += a.payload
        },
      },
    })
    const th = createAsyncThunk('t', async (x) => x * 2)
    const store = configureStore({ reducer: { c: slice.reducer } })
    store.dispatch(slice.actions.inc(5))
    const r = await store.dispatch(th(4))
    const R = Record({ a: 1, b: 2 })
    return Response.json([
      math.evaluate('sqrt(3^2 + 4^2) + det([1,2;3,4])').toString(),
      math.derivative('x^2 + sin(x)', 'x').toString(),
      math.unit('5 km').to('mile').toString(),
      math.bignumber('0.1').plus('0.2').toString(),
      math.format(math.complex(1, 2)),
      math.simplify('2x + 3x').toString(),
      math.chain(3).add(4).multiply(2).done(),
      store.getState(),
      r.payload,
      r.type,
      Map({ a: 1 })
        .set('b', List([1, 2]))
        .toJS(),
      new R({ a: 5 }).toString(),
      OrderedMap([
        ['z', 1],
        ['a', 2],
      ])
        .map((x) => x + 1)
        .toString(),
      is(Map({ a: 1 }), Map({ a: 1 })),
      String(Range(0, 10, 3)),
    ])
  },
}
