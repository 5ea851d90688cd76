import { describe, expect, it } from 'vitest'

import { parseDay, showDay } from './days'

describe('a typed day', () => {
  it.each([
    ['21.11.2026', '2026-11-21'],
    ['5.6.2026', '2026-06-05'],
    ['05/06/2026', '2026-06-05'],
    ['5 6 2026', '2026-06-05'],
    ['21112026', '2026-11-21'],
    ['2026-11-21', '2026-11-21'],
    [' 21 ноября 2026 г. ', '2026-11-21'],
    ['21 ноя. 2026', '2026-11-21'],
    ['1 мая 2026', '2026-05-01'],
    ['21 Nov 2026', '2026-11-21'],
    ['November 21, 2026', '2026-11-21'],
    ['29.02.2028', '2028-02-29'],
  ])('%s is %s', (text, day) => {
    expect(parseDay(text)).toBe(day)
  })

  it.each(['', '21', '21.11', '21.11.202', '29.02.2026', '32.01.2026', '12.13.2026', '21 foo 2026', 'tomorrow'])(
    '%s is none',
    (text) => {
      expect(parseDay(text)).toBeNull()
    },
  )

  it('has two digits of a year only when it is asked for them', () => {
    expect(parseDay('21.11.20')).toBeNull()
    expect(parseDay('21.11.26', true)).toBe('2026-11-21')
    expect(parseDay('21.11.85', true)).toBe('1985-11-21')
  })

  it('is read back from what the field shows, in both languages', () => {
    for (const day of ['2026-01-02', '1985-12-31', '2028-02-29']) {
      expect(parseDay(showDay(day, 'ru'))).toBe(day)
      expect(parseDay(showDay(day, 'en'))).toBe(day)
    }
    expect(showDay('2026-11-02', 'ru')).toBe('02.11.2026')
    expect(showDay('2026-11-02', 'en')).toBe('2 Nov 2026')
  })
})
