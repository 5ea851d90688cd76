import { expect, it } from 'vitest'

import { parseTrait } from './parseTrait'

it('keeps the type that the trait had', () => {
  expect(parseTrait('42', 'forty')).toBe('42')
  expect(parseTrait('42,5', 10)).toBe(42.5)
  expect(parseTrait('нет', true)).toBe(false)
  expect(parseTrait('a, b', ['x'])).toEqual(['a', 'b'])
  expect(parseTrait('["a"]', ['x'])).toEqual(['a'])
})
it('guesses the type of a new trait, and leaves codes alone', () => {
  expect(parseTrait('12', undefined)).toBe(12)
  expect(parseTrait('+79161234567', undefined)).toBe('+79161234567')
  expect(parseTrait('007', undefined)).toBe('007')
  expect(parseTrait('gold', undefined)).toBe('gold')
})
it('takes an empty text for a removal', () => {
  expect(parseTrait('  ', 'gold')).toBeNull()
})
