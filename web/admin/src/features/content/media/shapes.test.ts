import { describe, expect, it } from 'vitest'

import { shapeOf } from './shapes'

describe('a shape', () => {
  it('is cut from the middle of a picture', () => {
    expect(shapeOf('square', { width: 200, height: 100 })).toEqual({ left: 0.25, top: 0, right: 0.75, bottom: 1 })
    expect(shapeOf('banner', { width: 300, height: 200 })).toEqual({ left: 0, top: 0.25, right: 1, bottom: 0.75 })
  })
  it('is the whole of a picture that has it already', () => {
    const all = { left: 0, top: 0, right: 1, bottom: 1 }
    expect(shapeOf('whole', { width: 9, height: 5 })).toEqual(all)
    expect(shapeOf('wide', { width: 1600, height: 900 })).toEqual(all)
  })
})
