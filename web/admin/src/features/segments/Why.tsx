import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { DateTime } from '../../components/Time'
import { profilesQuery } from '../../lib/api/endpoints/profiles'
import type { Explanation, SegmentExplanation } from '../../lib/api/types'
import css from './Why.module.css'

interface WhyProps {
  profileId: number | null
  onChoose: (profileId: number | null) => void
  answer: SegmentExplanation | undefined
  error: Error | null
}

/** Why one customer is in or out, condition by condition, with the facts behind each. */
export function Why({ profileId, onChoose, answer, error }: WhyProps) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text, 250)
  const people = useInfiniteQuery(profilesQuery(search ? { search } : {}))
  const options = (people.data?.pages[0]?.items ?? []).map((row) => ({
    value: String(row.id),
    label: [row.name, row.email ?? row.phone].filter(Boolean).join(' · ') || `#${row.id}`,
  }))
  return (
    <Panel
      title={t`Why is somebody in or out?`}
      hint={t`One customer is held against the conditions on the screen, as of now.`}
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
        value={profileId === null ? null : String(profileId)}
        onChange={(value) => onChoose(value === null ? null : Number(value))}
        searchValue={text}
        onSearchChange={setText}
      />
      {error && <ErrorNote error={error} />}
      {profileId !== null && answer && (
        <div style={{ marginTop: 12 }}>
          <strong>
            {answer.member ? <Trans>In the segment</Trans> : <Trans>Not in the segment</Trans>}
          </strong>{' '}
          <AppLink href={`/customers/${profileId}`}>
            <Trans>Card of the customer</Trans>
          </AppLink>
          <ul className={css.tree}>
            <ExplanationNode node={answer.explanation} />
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
          {node.fact != null && node.fact !== '' && <Fact fact={node.fact} />}
          {node.evidence.map((one, index) => (
            <span key={index} className={css.evidence}>
              <DateTime at={one.at} /> · {one.kind === 'order' ? t`order ${one.name}` : one.name}
              {Object.entries(one.details).map(([key, value]) => ` · ${key}: ${value}`)}
            </span>
          ))}
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

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

function Fact({ fact }: { fact: string | number | boolean }) {
  const { t } = useLingui()
  if (typeof fact === 'boolean') return <span className={css.fact}>{fact ? t`yes` : t`no`}</span>
  if (typeof fact === 'string' && MOMENT.test(fact)) {
    return (
      <span className={css.fact}>
        <DateTime at={fact} />
      </span>
    )
  }
  return <span className={css.fact}>{String(fact)}</span>
}
