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

type Look = 'desktop' | 'phone' | 'text'

/** The letter as one real customer will get it, made by the engine that sends. */
export function Preview({ preview, error, isStale, profileId, onProfile }: PreviewProps) {
  const { t } = useLingui()
  const format = useFormat()
  const [look, setLook] = useState<Look>('desktop')
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text, 250)
  const people = useInfiniteQuery(profilesQuery(search ? { search } : {}))
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
          nothingFoundMessage={t`Nobody found`}
          data={(people.data?.pages[0]?.items ?? []).map((row) => ({
            value: String(row.id),
            label: [row.name, row.email].filter(Boolean).join(' · ') || `#${row.id}`,
          }))}
          value={profileId === null ? null : String(profileId)}
          onChange={(id) => onProfile(id === null ? null : Number(id))}
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
