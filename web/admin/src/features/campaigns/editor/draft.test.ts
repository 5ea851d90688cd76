import { describe, expect, it } from 'vitest'

import type { Audience, CampaignInput, Variant } from '../../../lib/api/types'
import { addVariant, changedParts, equalShares, recipientsOf, removeVariant, withShare } from './draft'

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

describe('two windows', () => {
  it('name the parts that differ', () => {
    const one = { name: 'Sale', control_share: 10, variants: [variant('A', 100)] } as unknown as CampaignInput
    expect(changedParts(one, { ...one, variants: [variant('A', 100)] })).toEqual([])
    expect(changedParts(one, { ...one, name: 'Sales', variants: [variant('A', 50), variant('B', 50)] })).toEqual([
      'name',
      'variants',
    ])
  })
})

describe('who gets a letter', () => {
  it('are neither the control group nor those who have heard often enough', () => {
    const arms = [
      { key: 'A', name: '', share: 90, count: 90 },
      { key: 'control', name: '', share: 10, count: 10 },
    ]
    expect(recipientsOf({ remaining: 100, limited: 30, arms } as unknown as Audience)).toBe(60)
    expect(recipientsOf({ remaining: 100, limited: 95, arms } as unknown as Audience)).toBe(0)
  })
})
