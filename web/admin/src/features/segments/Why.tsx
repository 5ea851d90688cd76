import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { profilesQuery } from '../../lib/api/endpoints/profiles'
import { explanationQuery } from '../../lib/api/endpoints/segments'
import type { Explanation, Segment } from '../../lib/api/types'
import css from './Why.module.css'

/** Why one customer is in the segment or out of it, condition by condition. */
export function Why({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const [profileId, setProfileId] = useState<string | null>(null)
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text, 250)
  const people = useInfiniteQuery(profilesQuery(search ? { search } : {}))
  const answer = useQuery(explanationQuery(segment.id, profileId === null ? null : Number(profileId)))
  const options = (people.data?.pages[0]?.items ?? []).map((row) => ({
    value: String(row.id),
    label: [row.name, row.email ?? row.phone].filter(Boolean).join(' · ') || `#${row.id}`,
  }))
  return (
    <Panel
      title={t`Why is somebody in or out?`}
      hint={t`Counted for one customer by the saved conditions, as of now.`}
    >
      <Select
        aria-label={t`Customer`}
        placeholder={t`Find a customer by name, address or phone`}
        maw={420}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': t`Clear` }}
        filter={({ options: all }) => all}
        nothingFoundMessage={t`Nobody found`}
        data={options}
        value={profileId}
        onChange={setProfileId}
        searchValue={text}
        onSearchChange={setText}
      />
      {answer.error && <ErrorNote error={answer.error} />}
      {profileId && answer.data && (
        <div style={{ marginTop: 12 }}>
          <strong>
            {answer.data.member ? <Trans>In the segment</Trans> : <Trans>Not in the segment</Trans>}
          </strong>
          <ul className={css.tree}>
            <ExplanationNode node={answer.data.explanation} />
          </ul>
        </div>
      )}
    </Panel>
  )
}

function ExplanationNode({ node }: { node: Explanation }) {
  const { t } = useLingui()
  return (
    <li>
      <span className={css.line} data-holds={node.holds}>
        {node.holds ? (
          <IconCircleCheck size={16} role="img" aria-label={t`holds`} />
        ) : (
          <IconCircleX size={16} role="img" aria-label={t`does not hold`} />
        )}
        <span>
          {node.text}
          {node.fact != null && node.fact !== '' && <span className={css.fact}>{String(node.fact)}</span>}
        </span>
      </span>
      {node.children.length > 0 && (
        <ul className={css.tree}>
          {node.children.map((child, index) => (
            <ExplanationNode key={index} node={child} />
          ))}
        </ul>
      )}
    </li>
  )
}
