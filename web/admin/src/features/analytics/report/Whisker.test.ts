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
