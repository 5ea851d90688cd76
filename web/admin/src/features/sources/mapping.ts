/** What a field of a call may become, and the mapping as the form edits it. */

import type { HookField, HookMapping } from '../../lib/api/types'

export type Rule = HookMapping['rules'][number]
export type ConsentRule = HookMapping['consents'][number]
export type Order = NonNullable<HookMapping['order']>
/** What one field is for: a rule's target, a part of the order, a consent, or nothing. */
export type Use = Rule['to'] | 'consent' | 'order_id' | 'order_total' | 'order_currency' | 'order_lines' | 'event' | 'each' | 'skip'

export const NAMED = new Set<Use>(['trait', 'property', 'external'])

export const samePath = (a: readonly string[], b: readonly string[] | null | undefined) =>
  b != null && a.length === b.length && a.every((key, i) => key === b[i])

/** Whether a place lies below another one. */
export const isInside = (path: readonly string[], parent: readonly string[] | undefined) =>
  parent !== undefined && path.length > parent.length && parent.every((key, i) => key === path[i])

export const pathText = (path: readonly string[]) => path.join(' › ')

export function useOf(mapping: HookMapping, path: readonly string[]): Use {
  const rule = mapping.rules.find((one) => samePath(path, one.path))
  if (rule) return rule.to
  if (mapping.consents.some((one) => samePath(path, one.path))) return 'consent'
  if (samePath(path, mapping.event_path)) return 'event'
  if (samePath(path, mapping.each)) return 'each'
  const { order } = mapping
  if (samePath(path, order?.order_id)) return 'order_id'
  if (samePath(path, order?.total)) return 'order_total'
  if (samePath(path, order?.currency_path)) return 'order_currency'
  if (samePath(path, order?.lines?.path)) return 'order_lines'
  return 'skip'
}

const NO_ORDER: Order = {
  order_id: [],
  event: 'Order Completed',
  total: null,
  currency: '',
  currency_path: null,
  lines: null,
}

/** The mapping with this field put to another use; whatever it was for before is taken from it. */
export function put(mapping: HookMapping, field: HookField, use: Use): HookMapping {
  const next = without(mapping, field.path)
  const { path } = field
  switch (use) {
    case 'skip':
      return next
    case 'consent':
      return {
        ...next,
        consents: [
          ...next.consents,
          { path, value: isYes(field.sample) ? '' : field.sample, channel: 'email', topic_id: null, text_id: null },
        ],
      }
    case 'event':
      return { ...next, event_path: path }
    case 'each':
      return { ...inRows(next, path), each: path }
    case 'order_id':
      return { ...next, order: { ...(next.order ?? NO_ORDER), order_id: path } }
    case 'order_total':
      return { ...next, order: { ...(next.order ?? NO_ORDER), total: path } }
    case 'order_currency':
      return { ...next, order: { ...(next.order ?? NO_ORDER), currency_path: path } }
    case 'order_lines':
      return { ...next, order: { ...(next.order ?? NO_ORDER), lines: guessLines(field) } }
    default: {
      const name = NAMED.has(use) ? nameFrom(path[path.length - 1] ?? '', use) : ''
      const rules = NAMED.has(use) ? next.rules : next.rules.filter((rule) => rule.to !== use)
      return { ...next, rules: [...rules, { path, to: use, name, type: 'auto' }] }
    }
  }
}

/** Fields of single rows lead through the list as if any row stood in its place; without a list they mean nothing. */
export function inRows(mapping: HookMapping, list: readonly string[]): HookMapping {
  const stays = (path: readonly string[]) => !isInside(path, list)
  const { order } = mapping
  return {
    ...mapping,
    each: null,
    rules: mapping.rules.filter((rule) => stays(rule.path)),
    consents: mapping.consents.filter((consent) => stays(consent.path)),
    event_path: mapping.event_path && stays(mapping.event_path) ? mapping.event_path : null,
    order: order && stays(order.order_id) && (!order.lines || stays(order.lines.path)) ? order : null,
    only_if: mapping.only_if && stays(mapping.only_if.path) ? mapping.only_if : null,
  }
}

function without(mapping: HookMapping, path: readonly string[]): HookMapping {
  const order = mapping.order && {
    ...mapping.order,
    order_id: samePath(path, mapping.order.order_id) ? [] : mapping.order.order_id,
    total: samePath(path, mapping.order.total) ? null : mapping.order.total,
    currency_path: samePath(path, mapping.order.currency_path) ? null : mapping.order.currency_path,
    lines: samePath(path, mapping.order.lines?.path) ? null : mapping.order.lines,
  }
  const isEmpty = order && !order.order_id.length && !order.total && !order.lines && !order.currency_path
  return {
    ...mapping,
    rules: mapping.rules.filter((rule) => !samePath(path, rule.path)),
    consents: mapping.consents.filter((consent) => !samePath(path, consent.path)),
    event_path: samePath(path, mapping.event_path) ? null : mapping.event_path,
    each: samePath(path, mapping.each) ? null : mapping.each,
    order: isEmpty ? null : order,
  }
}

const YES = new Set(['1', 'true', 'yes', 'y', 'on', 'да', 'checked', 'agree', 'agreed', '+'])
export const isYes = (sample: string) => YES.has(sample.trim().toLowerCase())

const LINE_FIELDS: Record<'product_id' | 'name' | 'price' | 'quantity' | 'category', string[]> = {
  product_id: ['sku', 'product_id', 'id', 'article'],
  name: ['name', 'title', 'product'],
  price: ['price', 'cost'],
  quantity: ['quantity', 'qty', 'count'],
  category: ['category'],
}

function guessLines(field: HookField): NonNullable<Order['lines']> {
  const find = (names: string[]) =>
    names.map((name) => field.lines.find((one) => one.toLowerCase() === name)).find(Boolean) ?? ''
  return {
    path: field.path,
    product_id: find(LINE_FIELDS.product_id),
    name: find(LINE_FIELDS.name),
    price: find(LINE_FIELDS.price),
    quantity: find(LINE_FIELDS.quantity),
    category: find(LINE_FIELDS.category),
  }
}

/** A name for a trait or property, made of a field's own; a kind of identifier has Latin letters only. */
export function nameFrom(key: string, use: Use): string {
  const name = key.trim().toLowerCase().replace(/[\s.:]+/g, '_')
  return use === 'external' ? name.replace(/[^a-z0-9_]/g, '').replace(/^[^a-z]+/, '') || 'external_id' : name
}

/** An order that lacks its number can't be saved; without one there is no order. */
export const isWhole = (mapping: HookMapping) =>
  (!mapping.order || mapping.order.order_id.length > 0) &&
  mapping.rules.every((rule) => !NAMED.has(rule.to) || rule.name.trim() !== '')
