import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { letterVariablesQuery } from '../../../lib/api/endpoints/content'
import css from './Letter.module.css'
import { LiquidField } from './suggest/LiquidField'
import type { Insertion } from './useInsertion'
import type { LetterDraft } from './useLetterDraft'

interface SubjectFieldsProps {
  draft: LetterDraft
  insertion: Insertion
  /** What stands beside the two lines. */
  children?: ReactNode
}

export function SubjectFields({ draft: { draft, change, isReadOnly, errorOf, profileId }, insertion, children }: SubjectFieldsProps) {
  const { t } = useLingui()
  const { data: variables = [] } = useQuery(letterVariablesQuery(profileId))
  return (
    <div className={css.fields} data-aside={children ? true : undefined}>
      <LiquidField
        label={t`Subject`}
        disabled={isReadOnly}
        variables={variables}
        value={draft.subject}
        {...insertion.remember('subject')}
        error={errorOf('subject')}
        onChange={(subject) => change({ subject })}
      />
      <LiquidField
        label={t`Preheader`}
        placeholder={t`The line that mail programs show after the subject`}
        disabled={isReadOnly}
        variables={variables}
        value={draft.preheader}
        {...insertion.remember('preheader')}
        error={errorOf('preheader')}
        onChange={(preheader) => change({ preheader })}
      />
      {children}
    </div>
  )
}
