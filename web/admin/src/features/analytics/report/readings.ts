/** What of a comparison may be read now: before the end only what holds however often one looks. */

import type { Comparison } from '../../../lib/api/types'

export interface Reading {
  /** An end that is not known (yet) is null; nothing to draw: null. */
  interval: { low: number; high: number | null; at: number } | null
  /** The always-valid test bounds the lift, the ordinary ones the difference itself. */
  unit: 'difference' | 'lift'
  lift: number | null
  liftInterval: { low: number; high: number | null } | null
  /** Nothing while the test cannot be read yet. */
  pValue: number | null
  significant: boolean
  /** Figures that may still change their meaning. */
  isOpen: boolean
}

export function readingOf(row: Comparison, isComplete: boolean): Reading {
  const [low = 0, high = 0] = row.interval
  const ordinary: Reading = {
    interval: { low, high, at: row.difference },
    unit: 'difference',
    lift: row.lift,
    liftInterval: bounds(row.lift_interval),
    pValue: row.p_value,
    significant: row.significant,
    isOpen: false,
  }
  if (isComplete) return ordinary
  const early = row.always_valid
  if (!early) return { ...ordinary, pValue: null, significant: false, isOpen: true }
  const liftInterval = bounds(early.lift_interval)
  return {
    interval: early.lift === null || !liftInterval ? null : { ...liftInterval, at: early.lift },
    unit: 'lift',
    lift: early.lift,
    liftInterval,
    pValue: early.p_value,
    significant: early.significant,
    isOpen: false,
  }
}

function bounds(interval: (number | null)[] | null): { low: number; high: number | null } | null {
  const [low, high] = interval ?? []
  return low == null ? null : { low, high: high ?? null }
}

/** As if there were so many more people: a third less variance is as good as half as many again. */
export function moreAsIf(narrower: number): number | null {
  return narrower > 0 && narrower < 1 ? 1 / (1 - narrower) - 1 : null
}

export function pText(value: number, locale: string): string {
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 })
  return value < 0.001 ? `< ${format.format(0.001)}` : format.format(value)
}
