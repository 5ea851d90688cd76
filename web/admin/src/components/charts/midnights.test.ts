import { expect, it } from 'vitest'

import { midnights } from './midnights'

const iso = (times: number[]) => times.map((at) => new Date(at).toISOString())

it('names days evenly, at midnight of the zone', () => {
  const found = midnights(Date.parse('2026-11-01T05:00Z'), Date.parse('2026-11-06T05:00Z'), 'Europe/Moscow')
  expect(iso(found)).toEqual([
    '2026-11-01T21:00:00.000Z',
    '2026-11-02T21:00:00.000Z',
    '2026-11-03T21:00:00.000Z',
    '2026-11-04T21:00:00.000Z',
    '2026-11-05T21:00:00.000Z',
  ])
})

it('keeps to midnight over a change of summer time, and to the number it was given', () => {
  const [from, to] = [Date.parse('2026-10-21T23:00Z'), Date.parse('2026-11-21T12:00Z')]
  expect(iso(midnights(from, to, 'Europe/London', 5))).toEqual([
    '2026-10-21T23:00:00.000Z',
    '2026-11-05T00:00:00.000Z',
    '2026-11-19T00:00:00.000Z',
  ])
  expect(midnights(from, to, 'Europe/London')).toHaveLength(7)
})
