import { MultiSelect, Select, Skeleton, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { ErrorNote, Note } from '../../../components/States'
import { letterComparisonQuery } from '../../../lib/api/endpoints/content'
import { segmentChoicesQuery } from '../../../lib/api/endpoints/segments'
import css from './Letter.module.css'
import { darkened } from './darkened'
import type { LetterContent } from './useLetterDraft'
import { type PersonChoice, useFirstOfSegment, usePeopleSearch } from './usePeopleSearch'

const PEOPLE_MAX = 6

/** The letter of several customers at once, and of somebody of whom nothing is known. */
export function SideBySide({ content, isDark }: { content: LetterContent; isDark: boolean }) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<PersonChoice[]>([])
  const [withNobody, setWithNobody] = useState(true)
  const segments = useQuery(segmentChoicesQuery)
  const firstOf = useFirstOfSegment()
  const take = useMutation({
    mutationFn: (segmentId: string) => firstOf(segmentId, PEOPLE_MAX),
    onSuccess: setChosen,
  })
  const { choices, isSettled } = usePeopleSearch(text)
  const ids = chosen.map(({ value }) => Number(value))
  const letters = useQuery(letterComparisonQuery(content, ids, withNobody))
  const offered = [...chosen, ...choices.filter(({ value }) => !chosen.some((one) => one.value === value))]
  const nameOf = (id: number | null) =>
    id === null ? t`Nothing is known` : (chosen.find(({ value }) => value === String(id))?.label ?? `#${id}`)
  return (
    <>
      <div className={css.people}>
        <MultiSelect
          aria-label={t`Customers to compare`}
          placeholder={chosen.length === 0 ? t`Choose customers, up to six` : undefined}
          flex={1}
          searchable
          maxValues={PEOPLE_MAX}
          filter={({ options }) => options}
          nothingFoundMessage={isSettled ? t`Nobody found` : t`Searching…`}
          data={offered}
          value={chosen.map(({ value }) => value)}
          searchValue={text}
          onSearchChange={setText}
          onChange={(values) => {
            setChosen(offered.filter(({ value }) => values.includes(value)))
            setText('')
          }}
        />
        <Select
          aria-label={t`People of a segment`}
          placeholder={t`or of a segment`}
          w={180}
          searchable
          data={(segments.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={null}
          onChange={(id) => id && take.mutate(id)}
          error={take.error ? t`The segment could not be read` : take.data?.length === 0 && t`Nobody is in it`}
        />
        <Switch
          label={t`Somebody of whom nothing is known`}
          checked={withNobody}
          onChange={(event) => setWithNobody(event.currentTarget.checked)}
        />
      </div>
      <div className={css.beside} aria-busy={letters.isFetching} tabIndex={0} role="group" aria-label={t`Letters side by side`}>
        {letters.error && <ErrorNote error={letters.error} />}
        {ids.length === 0 && !withNobody && (
          <p style={{ margin: 12, color: 'var(--text-dim)' }}>
            <Trans>Choose customers to see their letters beside each other.</Trans>
          </p>
        )}
        {letters.isLoading && <Skeleton height="100%" />}
        {letters.data?.people.map((one) => (
          <section key={one.profile_id ?? 'nobody'} aria-label={nameOf(one.profile_id)}>
            <div className={css.head}>
              <span style={{ color: 'var(--text-dim)' }}>{nameOf(one.profile_id)}</span>
              <strong>{one.subject || t`No subject`}</strong>
              <span style={{ color: 'var(--text-dim)' }}>{one.preheader}</span>
            </div>
            {one.problem ? (
              <div style={{ padding: 8 }}>
                <Note level="error">{one.problem.message}</Note>
              </div>
            ) : (
              <iframe
                className={css.frame}
                data-dark={isDark || undefined}
                title={t`Letter: ${nameOf(one.profile_id)}`}
                sandbox=""
                srcDoc={isDark ? darkened(one.html) : one.html}
              />
            )}
          </section>
        ))}
      </div>
    </>
  )
}
