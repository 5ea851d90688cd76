import { expect, test } from 'vitest'

import { countDays } from './words'

test('a noun agrees with the number of days in both languages', () => {
  expect([1, 2, 5, 11, 21].map((n) => countDays('ru', n, true))).toEqual([
    '1 рабочий день',
    '2 рабочих дня',
    '5 рабочих дней',
    '11 рабочих дней',
    '21 рабочий день',
  ])
  expect([1, 3].map((n) => countDays('en', n, false))).toEqual(['1 day', '3 days'])
})
