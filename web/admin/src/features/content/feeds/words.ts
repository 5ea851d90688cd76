import { useLingui } from '@lingui/react/macro'

import type { ContentFeed, Topic } from '../../../lib/api/types'

/** How often a feed is fetched. */
export function useEvery(): { value: string; label: string }[] {
  const { t } = useLingui()
  return [
    { value: '15', label: t`every 15 minutes` },
    { value: '60', label: t`every hour` },
    { value: '240', label: t`every 4 hours` },
    { value: '1440', label: t`once a day` },
  ]
}

export const FORMATS: Record<NonNullable<ContentFeed['format']>, string> = {
  rss: 'RSS',
  atom: 'Atom',
  rdf: 'RSS 1.0',
  json_feed: 'JSON Feed',
  json: 'JSON',
  yml: 'YML',
}

/** Topics with their subtopics behind them, as choices. */
export function topicChoices(topics: Topic[]): { value: string; label: string }[] {
  const names = new Map(topics.map((topic) => [topic.id, topic.name]))
  return topics
    .filter((topic) => !topic.archived)
    .map((topic) => ({
      value: topic.id,
      label: topic.parent_id ? `${names.get(topic.parent_id) ?? ''} › ${topic.name}` : topic.name,
    }))
    .sort((a, b) => a.label.localeCompare(b.label))
}
