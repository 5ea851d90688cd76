/** Says which people a part of a mailing is made of. */

import type { ReportPart, ReportParts } from '../../../lib/api/types'
import type { Format } from '../../../lib/format/format'

export interface PartWords {
  yes: string
  no: string
  /** A value with values inside, which has no row for each of them. */
  compound: string
  empty: string
  rest: string
  none: string
  /** A value of what people are told apart by that has words of its own; null: as it is. */
  known: (value: string) => string | null
  below: (high: string) => string
  between: (low: string, high: string) => string
  above: (low: string) => string
  before: (end: string) => string
  within: (start: string, end: string) => string
  since: (start: string) => string
}

/** The words of every part of the answer, in their order. */
export function partTexts({ dimension, type, parts }: ReportParts, format: Format, words: PartWords): string[] {
  const bound = boundText(parts, type === 'date', format)
  return parts.map((part) => {
    if (part.kind === 'rest') return words.rest
    if (part.kind === 'none') return words.none
    if (part.kind === 'value') {
      return words.known(part.value) ?? (dimension === 'trait' ? valueText(part.value, type, format, words) : part.value)
    }
    const low = part.low === null ? null : bound(part.low)
    const high = part.high === null ? null : bound(part.high)
    const [below, between, above] =
      type === 'date' ? [words.before, words.within, words.since] : [words.below, words.between, words.above]
    if (low !== null && high !== null) return between(low, high)
    if (high !== null) return below(high)
    return low === null ? part.value : above(low)
  })
}

function valueText(text: string, type: ReportParts['type'], format: Format, words: PartWords): string {
  if (text === '') return words.empty
  if (text === '{}') return words.compound
  if (text === 'true') return words.yes
  if (text === 'false') return words.no
  if (type === 'number' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return format.number(Number(text))
  if (type === 'date' && /^\d{4}-\d{2}-\d{2}$/.test(text)) return format.date(text)
  return text
}

/** Bounds are rounded for the eye, unless rounding would make two of them the same. */
function boundText(parts: ReportPart[], isDate: boolean, format: Format): (value: number) => string {
  const bounds = [...new Set(parts.flatMap((part) => (part.low === null ? [] : [part.low])))]
  const areDistinct = (text: (value: number) => string) => new Set(bounds.map(text)).size === bounds.length
  if (isDate) {
    const moment = (seconds: number) => new Date(seconds * 1000)
    // Days are those of UTC, as in the values that stand by themselves.
    const day = (seconds: number) => format.date(moment(seconds).toISOString().slice(0, 10))
    return areDistinct(day) ? day : (seconds) => format.dateTime(moment(seconds))
  }
  if (areDistinct(format.number)) return format.number
  const exact = new Intl.NumberFormat(format.locale, { maximumSignificantDigits: 15 })
  return (value) => exact.format(value)
}
