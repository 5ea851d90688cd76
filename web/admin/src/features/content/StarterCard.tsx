import { Skeleton, UnstyledButton } from '@mantine/core'
import { useIntersection } from '@mantine/hooks'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { letterPreviewQuery } from '../../lib/api/endpoints/content'
import type { Starter } from '../../lib/api/types'
import css from './NewLetter.module.css'

interface StarterCardProps {
  starter: Starter
  isDisabled: boolean
  onChoose: () => void
}

/** A ready letter as it looks with the brand kit of the workspace and a customer of it. */
export function StarterCard({ starter, isDisabled, onChoose }: StarterCardProps) {
  const { t } = useLingui()
  const { ref, entry } = useIntersection({ rootMargin: '200px' })
  const { kind, subject, preheader, source, text, amp } = starter
  const preview = useQuery({
    ...letterPreviewQuery({ kind, subject, preheader, source, text, amp }, null),
    enabled: entry?.isIntersecting ?? false,
  })
  return (
    <UnstyledButton ref={ref} className={css.starter} disabled={isDisabled} onClick={onChoose}>
      <span className={css.window}>
        {preview.data ? (
          <iframe
            title={t`Preview of the letter`}
            aria-hidden
            tabIndex={-1}
            sandbox=""
            scrolling="no"
            srcDoc={preview.data.html}
          />
        ) : (
          <Skeleton height="100%" radius={0} />
        )}
      </span>
      <span className={css.words}>
        <strong>{starter.name}</strong>
        <span>{preview.data?.subject ?? ' '}</span>
      </span>
    </UnstyledButton>
  )
}
