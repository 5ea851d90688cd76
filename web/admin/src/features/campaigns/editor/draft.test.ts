import { describe, expect, it } from 'vitest'

import type { Variant } from '../../../lib/api/types'
import { addVariant, equalShares, removeVariant, withShare } from './draft'

const variant = (key: string, share: number): Variant => ({ key, name: '', letter_id: null, share })
const sum = (variants: Variant[]) => variants.reduce((total, { share }) => total + share, 0)

describe('shares of variants', () => {
  it('always add up to 100', () => {
    expect(equalShares([variant('A', 0), variant('B', 0), variant('C', 0)]).map((v) => v.share)).toEqual([
      34, 33, 33,
    ])
    for (let share = -5; share <= 120; share += 1) {
      const changed = withShare([variant('A', 50), variant('B', 30), variant('C', 20)], 'B', share)
      expect(sum(changed)).toBe(100)
      expect(Math.min(...changed.map((v) => v.share))).toBeGreaterThanOrEqual(1)
    }
  })
  it('give the rest to the other variants in proportion', () => {
    const changed = withShare([variant('A', 50), variant('B', 30), variant('C', 20)], 'A', 25)
    expect(changed.map((v) => v.share)).toEqual([25, 45, 30])
  })
  it('take the first free letter for a new variant', () => {
    const three = addVariant(addVariant([variant('A', 100)]))
    expect(three.map((v) => v.key)).toEqual(['A', 'B', 'C'])
    expect(addVariant(removeVariant(three, 'B')).map((v) => v.key)).toEqual(['A', 'C', 'B'])
  })
})
