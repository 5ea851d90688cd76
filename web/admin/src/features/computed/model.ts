/** Definitions of computed traits as the server reads them, and what a form needs to know of them. */

import { isComplete as isTestComplete } from '../../lib/rules/tests'
import type { OrderStatus, PropertyFilter, Window } from '../../lib/rules/types'

export const EVENT_MEASURES = [
  'count',
  'sum',
  'average',
  'min',
  'max',
  'first_at',
  'last_at',
  'days_since',
  'active_days',
  'first_value',
  'last_value',
  'most_frequent',
  'unique_count',
] as const
export type EventMeasure = (typeof EVENT_MEASURES)[number]
const WITHOUT_PROPERTY: readonly EventMeasure[] = ['count', 'first_at', 'last_at', 'days_since', 'active_days']
export const needsProperty = (measure: EventMeasure) => !WITHOUT_PROPERTY.includes(measure)

export const ORDER_MEASURES = [
  'count',
  'revenue',
  'average',
  'first_at',
  'last_at',
  'days_since',
  'favourite_category',
  'favourite_product',
  'favourite_vendor',
] as const
export type OrderMeasure = (typeof ORDER_MEASURES)[number]

export interface EventTrait {
  kind: 'event'
  event: string
  measure: { kind: EventMeasure; property?: string }
  window: Window
  filters: PropertyFilter[]
}
export interface OrderTrait {
  kind: 'orders'
  measure: OrderMeasure
  statuses: OrderStatus[]
  window: Window
  products: string[]
  categories: string[]
  vendors: string[]
}
export interface Bounds {
  recency: number[]
  frequency: number[]
  monetary: number[]
}
export interface RfmTrait {
  kind: 'rfm'
  statuses: OrderStatus[]
  window: Window
  bounds: Bounds | null
}
export interface Action {
  event: string
  points: number
  filters: PropertyFilter[]
  day_cap: number | null
  cap: number | null
}
export interface Level {
  name: string
  start: number
}
export interface ScoreTrait {
  kind: 'score'
  actions: Action[]
  window: Window
  half_life_days: number | null
  low: number | null
  high: number | null
  levels: Level[]
}
export type Definition = EventTrait | OrderTrait | RfmTrait | ScoreTrait
export type Kind = Definition['kind']

const ALL_TIME: Window = { kind: 'all_time' }
const BOUGHT: OrderStatus[] = ['placed', 'paid']
export const NEW_ACTION: Action = { event: '', points: 10, filters: [], day_cap: null, cap: null }

/** A definition to begin with; `levels` are the usual three under names of the reader's language. */
export function draftOf(kind: Kind, levels: [string, string, string]): Definition {
  switch (kind) {
    case 'event':
      return { kind, event: '', measure: { kind: 'count' }, window: ALL_TIME, filters: [] }
    case 'orders':
      return { kind, measure: 'revenue', statuses: BOUGHT, window: ALL_TIME, products: [], categories: [], vendors: [] }
    case 'rfm':
      return { kind, statuses: BOUGHT, window: ALL_TIME, bounds: null }
    case 'score':
      return {
        kind,
        actions: [NEW_ACTION],
        window: ALL_TIME,
        half_life_days: 30,
        low: 0,
        high: null,
        levels: levels.map((name, index) => ({ name, start: [0, 20, 60][index] ?? 0 })),
      }
  }
}

export const kindOf = (text: string | undefined): Kind =>
  text === 'orders' || text === 'rfm' || text === 'score' ? text : 'event'

const isWindowComplete = (window: Window) =>
  'at' in window ? window.at !== '' : 'start' in window ? window.start !== '' && window.start <= window.end : true
const areFiltersComplete = (filters: PropertyFilter[]) =>
  filters.every((filter) => filter.path !== '' && isTestComplete(filter.test))
export const isAscending = (values: number[]) =>
  values.every((value, index) => index === 0 || value > (values[index - 1] ?? value))

/** Whether the definition has everything that the server needs. */
export function isComplete(definition: Definition): boolean {
  if (!isWindowComplete(definition.window)) return false
  switch (definition.kind) {
    case 'event':
      return (
        definition.event !== '' &&
        areFiltersComplete(definition.filters) &&
        (!needsProperty(definition.measure.kind) || Boolean(definition.measure.property))
      )
    case 'orders':
      return definition.statuses.length > 0
    case 'rfm':
      return (
        definition.statuses.length > 0 &&
        (definition.bounds === null || Object.values(definition.bounds).every((one: number[]) => isAscending(one)))
      )
    case 'score':
      return (
        definition.actions.length > 0 &&
        definition.actions.every(
          (action) => action.event !== '' && action.points !== 0 && areFiltersComplete(action.filters),
        ) &&
        definition.levels.every((level) => level.name.trim() !== '') &&
        new Set(definition.levels.map((level) => level.name)).size === definition.levels.length &&
        isAscending(definition.levels.map((level) => level.start)) &&
        (definition.low === null || definition.high === null || definition.low < definition.high)
      )
  }
}

/** A name for the trait out of its title: what letters and conditions call it by. */
export function nameFrom(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 100)
}
