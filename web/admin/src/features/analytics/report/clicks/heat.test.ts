import { describe, expect, it } from 'vitest'

import type { ClickPlace } from '../../../../lib/api/types'
import { around, heatOf } from './heat'

const place = (people: number): ClickPlace => ({
  place: 0,
  link: 0,
  label: '',
  url: '',
  address: null,
  people,
  machines: 0,
  share: 0,
})

describe('the map of clicks', () => {
  it('measures warmth against the most followed place', () => {
    const places = [place(10), place(5), place(0)]
    expect(places.map((one) => heatOf(one, places))).toEqual([1, 0.5, 0])
    expect(heatOf(place(0), [place(0)])).toBe(0)
    expect(heatOf(place(0), [])).toBe(0)
  })

  it('takes the picture inside a link for part of it', () => {
    const link = { left: 20, top: 90, width: 200, height: 18 }
    const picture = { left: 20, top: 10, width: 200, height: 95 }
    const gone = { left: 0, top: 0, width: 0, height: 0 }
    expect(around([link, picture, gone])).toEqual({ left: 20, top: 10, width: 200, height: 98 })
    expect(around([gone])).toBeNull()
  })
})
