import { expect, it } from 'vitest'

import { choiceOf, peopleHref, searchOf } from './figures'

it('keeps in an address how the report is read, and nothing when it is read as it is', () => {
  const choice = { goal: 2, without_outliers: true }
  expect(choiceOf(searchOf(choice))).toEqual(choice)
  expect(searchOf({ goal: 0, without_outliers: false })).toEqual({})
  expect(choiceOf({ goal: 'x', outliers: 'in' })).toEqual({})
})

it('leads to exactly the people of a figure', () => {
  expect(peopleHref('7', { figure: 'clicked_person', arm: 'B', url: 'https://a.example/?x=1&y', goal: 1 })).toBe(
    '/mailings/7/people?figure=clicked_person&arm=B&url=https%3A%2F%2Fa.example%2F%3Fx%3D1%26y&goal=1',
  )
})
