/** Which group is looked at and how, as the address of the page has it. Pure. */

import type { ControlAsked, ControlBehind, ControlFigure } from '../../../lib/api/types'

export interface ControlSearch {
  /** Since when the group was in force; nothing: the latest. */
  group?: string
  outliers?: string
}

const LEFT_OUT = 'out'
const FIGURES: ControlFigure[] = ['people', 'written', 'buyers', 'outliers']

export function askedOf({ group, outliers }: ControlSearch): ControlAsked {
  return { ...(group && { group }), ...(outliers === LEFT_OUT && { without_outliers: true }) }
}

export function searchOf({ group, without_outliers }: ControlAsked): ControlSearch {
  return { ...(group && { group }), ...(without_outliers && { outliers: LEFT_OUT }) }
}

export interface PeopleSearch extends ControlSearch {
  figure?: string
  side?: string
  month?: string
}

export function behindOf({ figure, side, month, ...search }: PeopleSearch): ControlBehind & { figure: ControlFigure } {
  return {
    ...askedOf(search),
    figure: FIGURES.find((one) => one === figure) ?? 'people',
    ...((side === 'rest' || side === 'kept') && { side }),
    ...(month && /^\d{4}-\d{2}$/.test(month) && { month }),
  }
}

/** The page with the people behind a figure. */
export function peopleHref(asked: ControlAsked, { figure, side, month }: ControlBehind): string {
  const query = new URLSearchParams({
    ...searchOf(asked),
    ...(figure && { figure }),
    ...(side && { side }),
    ...(month && { month }),
  })
  return `/reports/control-group/people?${query}`
}
