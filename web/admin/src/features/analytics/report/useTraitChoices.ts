import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { computedTraitsQuery } from '../../../lib/api/endpoints/computed'
import { schemaQuery } from '../../../lib/api/endpoints/segments'

const OUTPUT_WORDS: Record<string, MessageDescriptor> = {
  recency: msg({ context: 'RFM', message: 'recency' }),
  frequency: msg({ context: 'RFM', message: 'frequency' }),
  monetary: msg({ context: 'RFM', message: 'money' }),
  group: msg({ context: 'RFM', message: 'group' }),
  points: msg({ context: 'score', message: 'points' }),
  level: msg({ context: 'score', message: 'level' }),
}

/** Everybody has another value of these, so they make no parts worth reading. */
const TECHNICAL = /^[$_]|^(email|phone|name|first_?name|last_?name|middle_?name|address|avatar)$|(^|[._])(id|uuid|url|key)$|[a-z](Id|ID|Uuid|Url)$/

interface TraitGroup {
  group: string
  items: { value: string; label: string }[]
}

/** The traits of the workspace with their titles: people's own, computed ones, technical ones last. */
export function useTraitChoices(): {
  groups: TraitGroup[]
  titleOf: (trait: string) => string
} {
  const { t, i18n } = useLingui()
  const { data: schema } = useQuery(schemaQuery)
  const { data: computed } = useQuery(computedTraitsQuery())
  const titles = new Map(
    (computed ?? []).flatMap((one) =>
      one.outputs.map((output): [string, string] => {
        const title = one.title || one.name
        const part = output.slice(one.name.length + 1)
        const words = OUTPUT_WORDS[part]
        return [output, part ? `${title} · ${words ? i18n._(words) : part}` : title]
      }),
    ),
  )
  const titleOf = (trait: string) => titles.get(trait) ?? trait
  // A name with values of several types is listed once for each; an object has no value to compare.
  const names = [
    ...new Set((schema?.traits ?? []).filter((trait) => trait.type !== 'object').map((trait) => trait.name)),
  ]
  const items = (mine: (name: string) => boolean) =>
    names.filter(mine).map((name) => ({ value: name, label: titleOf(name) }))
  const groups = [
    { group: t`Traits`, items: items((name) => !titles.has(name) && !TECHNICAL.test(name)) },
    { group: t`Scores and traits`, items: items((name) => titles.has(name)) },
    { group: t`Technical`, items: items((name) => !titles.has(name) && TECHNICAL.test(name)) },
  ]
  return { groups: groups.filter((group) => group.items.length > 0), titleOf }
}
