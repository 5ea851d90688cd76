/** The draft of a mailing and its pure rules. */

import type { Audience, Campaign, CampaignInput, Lang, Variant } from '../../../lib/api/types'
import { showDay } from '../../../lib/format/days'

export const VARIANTS_MAX = 8

const KEYS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']

export function draftOf(campaign: Campaign): CampaignInput {
  const { name, audience, topic_id, sender_id, variants, control_share, goal, more_goals } = campaign
  const { schedule, rate_per_s, priority, service, until, first } = campaign
  return {
    name,
    audience,
    topic_id,
    sender_id,
    variants,
    control_share,
    goal,
    more_goals,
    schedule,
    rate_per_s,
    priority,
    service,
    until,
    first,
  }
}

/** Which parts of a draft differ. */
export function changedParts(one: CampaignInput, other: CampaignInput): (keyof CampaignInput)[] {
  return (Object.keys(other) as (keyof CampaignInput)[]).filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  )
}

export const controlOf = (audience: Audience) => audience.arms.find(({ key }) => key === 'control')?.count ?? 0

/** Who gets a letter: everybody but the control group and those who have heard often enough. */
export const recipientsOf = (audience: Audience) =>
  Math.max(0, audience.remaining - controlOf(audience) - audience.limited)

/** A time without a zone, '2026-11-21T10:00', as people read it. */
export function wallText(wall: string, lang: Lang): string {
  return `${showDay(wall, lang)}, ${wall.slice(11, 16)}`
}

/** Equal shares in whole per cent that add up to 100; the first ones take the remainder. */
export function equalShares(variants: Variant[]): Variant[] {
  const base = Math.floor(100 / variants.length)
  const rest = 100 - base * variants.length
  return variants.map((variant, index) => ({ ...variant, share: base + (index < rest ? 1 : 0) }))
}

export function addVariant(variants: Variant[]): Variant[] {
  const used = new Set(variants.map((variant) => variant.key))
  const key = KEYS.find((letter) => !used.has(letter)) ?? 'H'
  return equalShares([...variants, { key, name: '', letter_id: null, share: 0 }])
}

export function removeVariant(variants: Variant[], key: string): Variant[] {
  return equalShares(variants.filter((variant) => variant.key !== key))
}

/** Sets one share and gives the rest to the others in the proportion they had. */
export function withShare(variants: Variant[], key: string, share: number): Variant[] {
  const wanted = Math.max(1, Math.min(100 - (variants.length - 1), Math.round(share)))
  const others = variants.filter((variant) => variant.key !== key)
  const before = others.reduce((sum, variant) => sum + variant.share, 0)
  let left = 100 - wanted
  const shares = new Map<string, number>([[key, wanted]])
  others.forEach((variant, index) => {
    const last = index === others.length - 1
    const fair = before ? (variant.share / before) * (100 - wanted) : (100 - wanted) / others.length
    const given = last ? left : Math.max(1, Math.min(left - (others.length - 1 - index), Math.round(fair)))
    shares.set(variant.key, given)
    left -= given
  })
  return variants.map((variant) => ({ ...variant, share: shares.get(variant.key) ?? 0 }))
}
