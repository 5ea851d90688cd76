import { Select, Skeleton, Stack } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Panel } from '../../../components/Page'
import { ErrorNote, Note } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { profilesQuery } from '../../../lib/api/endpoints/profiles'
import { regularPreviewQuery } from '../../../lib/api/endpoints/regular'
import type { RegularMailing } from '../../../lib/api/types'
import css from './Regular.module.css'

interface PersonPreviewProps {
  mailing: RegularMailing
  profileId: number | null
  onChange: (id: number | null) => void
}

/** What a chosen person would get in the next run, and why. */
export function PersonPreview({ mailing, profileId, onChange }: PersonPreviewProps) {
  const { t } = useLingui()
  const { data, error } = useQuery(regularPreviewQuery(mailing.id, mailing.version, profileId))
  const verdicts = {
    shown: t`in the letter`,
    had: t`had it already`,
    other_topic: t`of another topic`,
    no_room: t`no room left`,
  }
  return (
    <Panel
      title={t`What the next run shows`}
      hint={t`Made now by the engine that sends; new items may come until then.`}
      actions={<PersonSelect value={profileId} onChange={onChange} />}
    >
      {error && <ErrorNote error={error} />}
      {!data && !error && <Skeleton height={200} />}
      {data && (
        <Stack gap={12}>
          {data.reason ? (
            <Note level="info">
              <Trans>No letter now: {data.reason}.</Trans>
            </Note>
          ) : (
            <Note level="ok">{profileId === null ? t`A new reader of everything would get this.` : t`The person would get this letter.`}</Note>
          )}
          {data.items.length > 0 ? (
            <table className={css.verdicts} aria-label={t`Items of the next run`}>
              <tbody>
                {data.items.slice(0, 30).map((item) => (
                  <tr key={item.id}>
                    <td>
                      <a href={item.link} target="_blank" rel="noreferrer noopener">
                        {item.title}
                      </a>
                      <div className={css.dim}>
                        {item.feed} · <DateTime at={item.at} />
                      </div>
                    </td>
                    <td data-verdict={item.verdict}>{verdicts[item.verdict]}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : (
            <span className={css.dim}>
              <Trans>The feeds have nothing new since the last run.</Trans>
            </span>
          )}
          {data.html && (
            <div>
              <strong>{data.subject}</strong>
              <iframe className={css.frame} title={t`Preview of the letter`} sandbox="" srcDoc={data.html} />
            </div>
          )}
        </Stack>
      )}
    </Panel>
  )
}

function PersonSelect({ value, onChange }: { value: number | null; onChange: (id: number | null) => void }) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<{ value: string; label: string } | null>(null)
  const wanted = text === chosen?.label ? '' : text
  const [search] = useDebouncedValue(wanted, 250)
  const people = useInfiniteQuery(profilesQuery(search ? { search } : {}))
  const found = (search === wanted ? (people.data?.pages[0]?.items ?? []) : []).map((row) => ({
    value: String(row.id),
    label: [row.name, row.email].filter(Boolean).join(' · ') || `#${row.id}`,
  }))
  const isListed = chosen === null || found.some((one) => one.value === chosen.value)
  return (
    <Select
      aria-label={t`Preview for`}
      placeholder={t`A new reader`}
      w={260}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t`A new reader` }}
      filter={({ options }) => options}
      nothingFoundMessage={search === wanted && people.data ? t`Nobody found` : t`Searching…`}
      data={isListed ? found : [...found, chosen]}
      value={value === null ? null : String(value)}
      searchValue={text}
      onSearchChange={setText}
      onChange={(id, option) => {
        setChosen(id === null ? null : { value: id, label: option?.label ?? '' })
        onChange(id === null ? null : Number(id))
      }}
    />
  )
}
