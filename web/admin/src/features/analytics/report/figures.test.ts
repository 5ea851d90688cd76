import { expect, it } from 'vitest'

import { choiceOf, peopleHref, placeOf, searchOf } from './figures'

it('keeps in an address how the report is read, and nothing when it is read as it is', () => {
  const choice = { goal: 2, without_outliers: true }
  expect(choiceOf(searchOf(choice))).toEqual(choice)
  expect(searchOf({ goal: 0, without_outliers: false })).toEqual({})
  expect(choiceOf({ goal: 'x', outliers: 'in' })).toEqual({})
})

it('leads to exactly the people of a figure', () => {
  const of = { kind: 'campaign' as const, id: '7' }
  expect(peopleHref(of, { figure: 'clicked_person', arm: 'B', url: 'https://a.example/?x=1&y', goal: 1 })).toBe(
    '/mailings/7/people?figure=clicked_person&arm=B&url=https%3A%2F%2Fa.example%2F%3Fx%3D1%26y&goal=1',
  )
  const asked = { since: '2026-06-01', until: '2026-06-30', edition: '2' }
  expect(peopleHref({ kind: 'transactional', id: '8', asked }, { figure: 'sent' })).toBe(
    '/mailings/transactional/8/people?since=2026-06-01&until=2026-06-30&edition=2&figure=sent',
  )
})

it('leads to the people of one part of a report by something', () => {
  const of = { kind: 'campaign' as const, id: '7', asked: { segment: 's' } }
  const place = { by: 'segment' as const, segment_id: ['a', 'b'], place: 'value' as const, value: 'b' }
  const search = new URL(peopleHref(of, { figure: 'targets', place }), 'http://x').searchParams
  expect(search.get('segment')).toBe('s')
  expect(placeOf(search.get('place') ?? '')).toEqual(place)
  const range = { by: 'trait' as const, trait: 'age', place: 'range' as const, low: 0 }
  const again = new URL(peopleHref(of, { figure: 'targets', place: range }), 'http://x').searchParams
  expect(placeOf(again.get('place') ?? '')).toEqual(range)
  expect(placeOf('by=nothing')).toBeNull()
})
