import { TextInput } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import css from './Letter.module.css'
import type { Insertion } from './useInsertion'
import type { LetterDraft } from './useLetterDraft'

interface SubjectFieldsProps {
  draft: LetterDraft
  insertion: Insertion
  /** What stands beside the two lines. */
  children?: ReactNode
}

export function SubjectFields({ draft: { draft, change, isReadOnly, errorOf }, insertion, children }: SubjectFieldsProps) {
  const { t } = useLingui()
  return (
    <div className={css.fields} data-aside={children ? true : undefined}>
      <TextInput
        label={t`Subject`}
        disabled={isReadOnly}
        value={draft.subject}
        {...insertion.remember('subject')}
        error={errorOf('subject')}
        onChange={(event) => change({ subject: event.currentTarget.value })}
      />
      <TextInput
        label={t`Preheader`}
        placeholder={t`The line that mail programs show after the subject`}
        disabled={isReadOnly}
        value={draft.preheader}
        {...insertion.remember('preheader')}
        error={errorOf('preheader')}
        onChange={(event) => change({ preheader: event.currentTarget.value })}
      />
      {children}
    </div>
  )
}
