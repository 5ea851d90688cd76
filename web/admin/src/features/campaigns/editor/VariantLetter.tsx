import { ActionIcon, Tooltip } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconEye, IconExternalLink, IconSend } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { letterPreviewQuery, letterQuery } from '../../../lib/api/endpoints/content'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Editor.module.css'
import { contentOf, NO_LETTER } from './letterContent'
import type { LetterTest } from './MailingEditor'

const LetterPeek = lazy(() => import('./LetterPeek').then((module) => ({ default: module.LetterPeek })))

interface VariantLetterProps {
  variant: string
  letterId: string
  /** A segment of the audience, whose people the preview is of. */
  segmentId: string | null
  letterTest: LetterTest
}

/** What a reader sees first of the letter, and the ways to look at it without leaving the page. */
export function VariantLetter({ variant, letterId, segmentId, letterTest: LetterTestDialog }: VariantLetterProps) {
  const { t } = useLingui()
  const may = useAccess()
  const { data: letter } = useQuery(letterQuery(letterId))
  // As a sample customer sees it; the code of a subject says little to who reads it.
  const { data: preview } = useQuery({
    ...letterPreviewQuery(letter ? contentOf(letter) : NO_LETTER, null),
    enabled: letter !== undefined,
  })
  const subject = (preview?.html && preview.subject) || letter?.subject
  const [open, setOpen] = useState<'preview' | 'test' | null>(null)
  const close = () => setOpen(null)
  return (
    <div className={css.letter}>
      <div>
        <strong>{letter ? subject || t`No subject` : ' '}</strong>
        {letter?.preheader && <span>{(preview?.html && preview.preheader) || letter.preheader}</span>}
      </div>
      <Tooltip label={t`Look at the letter`}>
        <ActionIcon size={32} aria-label={t`Variant ${variant}: look at the letter`} onClick={() => setOpen('preview')}>
          <IconEye size={16} />
        </ActionIcon>
      </Tooltip>
      {may('edit') && (
        <Tooltip label={t`Send a test`}>
          <ActionIcon size={32} aria-label={t`Variant ${variant}: send a test`} onClick={() => setOpen('test')}>
            <IconSend size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      <Tooltip label={t`Open the letter`}>
        <ActionIcon
          component={AppLink}
          size={32}
          href={`/letters/${letterId}`}
          aria-label={t`Variant ${variant}: open the letter`}
        >
          <IconExternalLink size={16} />
        </ActionIcon>
      </Tooltip>
      <Suspense fallback={null}>
        {open === 'preview' && <LetterPeek letterId={letterId} segmentId={segmentId} onClose={close} />}
        {open === 'test' && <LetterTestDialog letterId={letterId} profileId={null} onClose={close} />}
      </Suspense>
    </div>
  )
}
