import { describe, expect, it } from 'vitest'

import { askedOf, behindOf, peopleHref, queryOf } from './asked'

const today = '2026-06-15'

describe('what the report of all mailings is asked for', () => {
  it('takes what is known of an address and leaves the rest', () => {
    const asked = askedOf({ period: 'last', model: 'best', days: '500', segments: 'a,b,a,' }, today)
    expect(queryOf(asked)).toEqual({
      since: '2026-05-01',
      until: '2026-05-31',
      against: 'before',
      model: 'last',
      touch: 'clicked',
      window_days: 7,
    })
    expect(asked.segments).toEqual(['a', 'b'])
  })

  it('opens the people of a figure with the same days, rule and segment', () => {
    const search = { period: 'last', model: 'any', segment: 's1', sort: '-sent' }
    const href = peopleHref(search, { figure: 'clicked', month: '2026-05' })
    const opened = Object.fromEntries(new URL(href, 'http://x').searchParams)
    expect(behindOf(opened, today)).toEqual({
      since: '2026-05-01',
      until: '2026-05-31',
      model: 'any',
      touch: 'clicked',
      window_days: 7,
      segment: 's1',
      figure: 'clicked',
      month: '2026-05',
    })
    expect(peopleHref(search, { figure: 'sent', segment: null })).not.toContain('s1')
    expect(behindOf({ figure: 'nothing', month: 'May' }, today)).not.toHaveProperty('month')
  })
})
