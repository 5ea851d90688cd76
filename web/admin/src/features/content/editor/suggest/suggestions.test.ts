import { describe, expect, it } from 'vitest'

import type { LetterVariable } from '../../../../lib/api/types'
import { suggestionsAt, withSuggestion } from './suggestions'

const variable = (name: string, title = ''): LetterVariable => ({ name, title, group: 'customer', type: 'string', sample: null })
const VARIABLES = [variable('customer.first_name', 'First name'), variable('customer.city'), variable('events["Product Viewed"].name')]
const say = ({ message }: { message?: string }) => message ?? ''
const labels = (before: string) => suggestionsAt(before, VARIABLES, say)?.items.map(({ label }) => label)

describe('what is offered in a line', () => {
  it('is everything behind open braces, and what fits to what is typed', () => {
    expect(labels('Hello {{')).toHaveLength(3)
    expect(labels('Hello {{ ci')).toEqual(['customer.city'])
    expect(labels('Hello {{ first n')).toBeUndefined()
    expect(labels('Hello {{ viewed')).toEqual(['events["Product Viewed"].name'])
    expect(labels('{{ customer.city | def')).toEqual(['default'])
  })
  it('is nothing outside of braces and for what is written out', () => {
    expect(labels('Hello customer')).toBeUndefined()
    expect(labels('{{ customer.city')).toBeUndefined()
  })
})

describe('a suggestion that is taken', () => {
  const [city] = suggestionsAt('{{ ci', VARIABLES, say)?.items ?? []
  if (!city) throw new Error('nothing offered')
  it('takes the place of what was typed and closes the braces', () => {
    expect(withSuggestion('Hi {{ ci, bye', 8, 6, city)).toEqual({ text: 'Hi {{ customer.city }}, bye', caret: 19 })
    expect(withSuggestion('Hi {{', 5, 5, city)).toEqual({ text: 'Hi {{ customer.city }}', caret: 19 })
  })
  it('leaves braces that are closed already', () => {
    expect(withSuggestion('Hi {{ ci }}', 8, 6, city).text).toBe('Hi {{ customer.city }}')
    expect(withSuggestion('{% if ci %}', 8, 6, city).text).toBe('{% if customer.city %}')
  })
})
