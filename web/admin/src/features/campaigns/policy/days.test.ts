import { describe, expect, it } from 'vitest'

import { addHolidays, holidayText } from './days'

describe('holidays', () => {
  it('are written without a year when they come every year', () => {
    expect(holidayText({ day: '02-29', name: '' }, 'en')).toBe('29 February')
    expect(holidayText({ day: '05-09', name: '' }, 'ru')).toBe('9 мая')
    expect(holidayText({ day: '2026-12-31', name: '' }, 'en')).toBe('31 December 2026')
  })
  it('are added once, and keep the name they had', () => {
    const added = addHolidays(
      [
        { day: '2026-12-31', name: 'Day off' },
        { day: '05-09', name: 'Ours' },
      ],
      [
        { day: '05-09', name: 'Victory Day' },
        { day: '01-01', name: 'New Year' },
      ],
    )
    expect(added.map((one) => `${one.day} ${one.name}`)).toEqual(['01-01 New Year', '05-09 Ours', '2026-12-31 Day off'])
  })
})
