import { expect, it } from 'vitest'

import type { ReportPart, ReportParts } from '../../../lib/api/types'
import { createFormat } from '../../../lib/format/format'
import { partTexts, type PartWords } from './parts'

const words: PartWords = {
  yes: 'yes',
  no: 'no',
  compound: 'compound',
  empty: 'empty',
  rest: 'rest',
  none: 'none',
  known: (code) => (code === 'at_risk' ? 'At risk' : null),
  below: (high) => `under ${high}`,
  between: (low, high) => `from ${low} to ${high}`,
  above: (low) => `${low} and more`,
  before: (end) => `before ${end}`,
  within: (start, end) => `within ${start} and ${end}`,
  since: (start) => `since ${start}`,
}
const value = (text: string): ReportPart => ({ kind: 'value', value: text, low: null, high: null, arms: [] })
const range = (low: number | null, high: number | null): ReportPart => ({
  kind: 'range',
  value: '',
  low,
  high,
  arms: [],
})
const texts = (type: ReportParts['type'], parts: ReportPart[], { dimension = 'trait' as ReportParts['dimension'], timeZone = 'Europe/Moscow' } = {}) =>
  partTexts({ dimension, type, parts }, createFormat({ lang: 'en', timeZone, currency: 'GBP' }), words)

it('says ranges of numbers, rounded where they stay apart', () => {
  expect(texts('number', [range(null, 3), range(3, 1234.567), range(1234.567, null)])).toEqual([
    'under 3',
    'from 3 to 1,234.57',
    '1,234.57 and more',
  ])
  expect(texts('number', [range(null, 0.001), range(0.001, 0.002), range(0.002, null)])).toEqual([
    'under 0.001',
    'from 0.001 to 0.002',
    '0.002 and more',
  ])
})

it('says ranges of dates by day wherever the workspace is, with hours within one day', () => {
  const [may, june] = [Date.UTC(2025, 4, 1) / 1000, Date.UTC(2025, 5, 3) / 1000]
  const parts = [range(null, may), range(may, june), range(june, null)]
  const days = ['before 1 May 2025', 'within 1 May 2025 and 3 June 2025', 'since 3 June 2025']
  expect(texts('date', parts)).toEqual(days)
  expect(texts('date', parts, { timeZone: 'America/New_York' })).toEqual(days)
  const [nine, noon] = [may + 9 * 3600, may + 12 * 3600]
  expect(texts('date', [range(nine, noon), range(noon, null)], { timeZone: 'UTC' })).toEqual([
    'within 1 May 2025, 09:00 and 1 May 2025, 12:00',
    'since 1 May 2025, 12:00',
  ])
})

it('says values by their type, and leaves alone what only looks like another', () => {
  expect(texts('number', [value('1500'), value('-0.5'), value('unknown')])).toEqual(['1,500', '-0.5', 'unknown'])
  expect(texts('date', [value('2025-05-01'), value('soon')])).toEqual(['1 May 2025', 'soon'])
  expect(texts('other', [value('true'), value('false'), value('1500'), value(''), value('{}')])).toEqual([
    'yes',
    'no',
    '1500',
    'empty',
    'compound',
  ])
})

it('says what has words of its own, what has no value, and leaves domains as they are', () => {
  const rest: ReportPart = { kind: 'rest', value: '', low: null, high: null, arms: [] }
  const parts = [value('at_risk'), value('own'), rest, { ...rest, kind: 'none' as const }]
  expect(texts('other', parts)).toEqual(['At risk', 'own', 'rest', 'none'])
  expect(texts('other', [value('true')], { dimension: 'domain' })).toEqual(['true'])
})
