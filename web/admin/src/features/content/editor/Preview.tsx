import { ActionIcon, SegmentedControl, Select, Skeleton, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconMoon } from '@tabler/icons-react'
import { useState } from 'react'

import { ErrorNote, Note } from '../../../components/States'
import { useFormat } from '../../../lib/format/useFormat'
import { darkened } from './darkened'
import css from './Letter.module.css'
import { SideBySide } from './SideBySide'
import type { LetterDraft } from './useLetterDraft'
import { type PersonChoice, usePeopleSearch } from './usePeopleSearch'

type Look = 'desktop' | 'phone' | 'text' | 'several'

/** The letter as one real customer will get it, or several will, made by the engine that sends. */
export function Preview({ draft }: { draft: LetterDraft }) {
  const { t } = useLingui()
  const format = useFormat()
  const [look, setLook] = useState<Look>('desktop')
  const [isDark, setDark] = useState(false)
  const { preview: made, shown, profileId, setProfileId } = draft
  const preview = made.data
  const errors = draft.problems.filter(({ level }) => level === 'error')
  return (
    <section className={css.pane} aria-label={t`Preview`} aria-busy={made.isPlaceholderData}>
      <div className={css.bar}>
        {look !== 'several' && <PersonSelect value={profileId} onChange={setProfileId} />}
        <SegmentedControl
          aria-label={t`Width of the preview`}
          value={look}
          onChange={(value) => setLook(value as Look)}
          data={[
            { value: 'desktop', label: t`Desktop` },
            { value: 'phone', label: t({ context: 'device', message: 'Phone' }) },
            { value: 'text', label: t`Text` },
            { value: 'several', label: t`Side by side` },
          ]}
        />
        <Tooltip label={isDark ? t`Show it in the light` : t`Show it in the dark`}>
          <ActionIcon
            size={30}
            variant={isDark ? 'light' : 'subtle'}
            aria-label={t`Dark mail program`}
            aria-pressed={isDark}
            disabled={look === 'text'}
            onClick={() => setDark(!isDark)}
          >
            <IconMoon size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {look === 'several' ? (
        <SideBySide content={shown} isDark={isDark} />
      ) : made.error ? (
        <div style={{ padding: 12 }}>
          <ErrorNote error={made.error} />
        </div>
      ) : preview && preview.html === '' && errors.length > 0 ? (
        <div style={{ padding: 12, display: 'flex', flexDirection: 'column', gap: 8 }}>
          <span>
            <Trans>There is nothing to show until this is mended:</Trans>
          </span>
          {errors.map((problem, index) => (
            <Note key={index} level="error">
              {problem.message}
            </Note>
          ))}
        </div>
      ) : preview ? (
        <>
          <div className={css.head}>
            <strong>{preview.subject || t`No subject`}</strong>
            <span style={{ color: 'var(--text-dim)' }}>
              {preview.preheader}
              {preview.preheader && ' · '}
              <Trans>{format.bytes(preview.size_bytes)}</Trans>
              {shown.amp && (
                <>
                  {' · '}
                  <Trans>the AMP part is shown by mail services only</Trans>
                </>
              )}
            </span>
          </div>
          <div className={css.canvas} tabIndex={look === 'text' ? 0 : undefined}>
            {look === 'text' ? (
              <pre className={css.plain}>{preview.text}</pre>
            ) : (
              <iframe
                className={css.frame}
                data-phone={look === 'phone'}
                data-dark={isDark || undefined}
                title={t`Preview of the letter`}
                sandbox=""
                srcDoc={isDark ? darkened(preview.html) : preview.html}
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

interface PersonSelectProps {
  value: number | null
  onChange: (id: number | null) => void
}

function PersonSelect({ value, onChange }: PersonSelectProps) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<PersonChoice | null>(null)
  // The field of a chosen customer holds his name; opened again, it offers everybody.
  const { choices, isSettled } = usePeopleSearch(text === chosen?.label ? '' : text)
  const isListed = chosen === null || choices.some((one) => one.value === chosen.value)
  return (
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
      value={value === null ? null : String(value)}
      onChange={(id, option) => {
        setChosen(option === null ? null : { value: option.value, label: option.label })
        onChange(id === null ? null : Number(id))
      }}
      searchValue={text}
      onSearchChange={setText}
    />
  )
}
