import { expect, it } from 'vitest'

import { axisOf } from './Whisker'

it('keeps zero and every interval inside the scale', () => {
  const [low, high] = axisOf([
    [0.01, 0.03],
    [0.02, 0.05],
  ])
  expect(low).toBeLessThan(0)
  expect(high).toBeGreaterThan(0.05)
  expect(axisOf([])).toEqual([-0.06, 0.06])
})

it('leaves out an end that is not known, and cuts off one that is far away', () => {
  expect(axisOf([[-0.5, null, 0.5]])).toEqual([-0.56, 0.56])
  const [, high] = axisOf([[-0.5, 40]], 3)
  expect(high).toBeCloseTo(3.21)
})
