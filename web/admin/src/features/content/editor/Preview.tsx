import { SegmentedControl, Select, Skeleton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { ErrorNote } from '../../../components/States'
import { profilesQuery } from '../../../lib/api/endpoints/profiles'
import type { LetterPreview } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Letter.module.css'

interface PreviewProps {
  preview: LetterPreview | undefined
  error: unknown
  isStale: boolean
  profileId: number | null
  onProfile: (id: number | null) => void
}

interface Choice {
  value: string
  label: string
}

type Look = 'desktop' | 'phone' | 'text'

/** The letter as one real customer will get it, made by the engine that sends. */
export function Preview({ preview, error, isStale, profileId, onProfile }: PreviewProps) {
  const { t } = useLingui()
  const format = useFormat()
  const [look, setLook] = useState<Look>('desktop')
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<Choice | null>(null)
  // The field of a chosen customer holds his name; opened again, it offers everybody.
  const wanted = text === chosen?.label ? '' : text
  const [search] = useDebouncedValue(wanted, 250)
  const people = useInfiniteQuery(profilesQuery(search ? { search } : {}))
  // Answers to what was typed before would move under the cursor when the right ones come.
  const isSettled = search === wanted && people.data !== undefined
  const found = (isSettled ? people.data.pages[0]?.items : undefined)?.map((row) => ({
    value: String(row.id),
    label: [row.name, row.email].filter(Boolean).join(' · ') || `#${row.id}`,
  }))
  const choices = found ?? []
  const isListed = chosen === null || choices.some((one) => one.value === chosen.value)
  return (
    <section className={css.pane} aria-label={t`Preview`} aria-busy={isStale}>
      <div className={css.bar}>
        <Select
          aria-label={t`Preview for`}
          placeholder={t`A sample customer`}
          flex={1}
          miw={160}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t`A sample customer` }}
          filter={({ options }) => options}
          nothingFoundMessage={isSettled ? t`Nobody found` : t`Searching…`}
          data={isListed ? choices : [...choices, chosen]}
          value={profileId === null ? null : String(profileId)}
          onChange={(id, option) => {
            setChosen(option === null ? null : { value: option.value, label: option.label })
            onProfile(id === null ? null : Number(id))
          }}
          searchValue={text}
          onSearchChange={setText}
        />
        <SegmentedControl
          aria-label={t`Width of the preview`}
          value={look}
          onChange={(value) => setLook(value as Look)}
          data={[
            { value: 'desktop', label: t`Desktop` },
            { value: 'phone', label: t({ context: 'device', message: 'Phone' }) },
            { value: 'text', label: t`Text` },
          ]}
        />
      </div>
      {error ? (
        <div style={{ padding: 12 }}>
          <ErrorNote error={error} />
        </div>
      ) : preview ? (
        <>
          <div className={css.head}>
            <strong>{preview.subject || t`No subject`}</strong>
            <span style={{ color: 'var(--text-dim)' }}>
              {preview.preheader}
              {preview.preheader && ' · '}
              <Trans>{format.bytes(preview.size_bytes)}</Trans>
            </span>
          </div>
          <div className={css.canvas} tabIndex={look === 'text' ? 0 : undefined}>
            {look === 'text' ? (
              <pre className={css.plain}>{preview.text}</pre>
            ) : (
              <iframe
                className={css.frame}
                data-phone={look === 'phone'}
                title={t`Preview of the letter`}
                sandbox=""
                srcDoc={preview.html}
              />
            )}
          </div>
        </>
      ) : (
        <Skeleton height="100%" />
      )}
    </section>
  )
}
