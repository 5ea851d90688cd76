import { Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { useReasonText } from '../../../components/reasons'
import { ErrorNote } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { returnedSourceQuery } from '../../../lib/api/endpoints/returns'
import type { TimelineItem } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Card.module.css'

/** A mail that the person wrote, or that came back of a letter to him; an answer opens to its text. */
export function ReturnedLine({ item }: { item: TimelineItem }) {
  const { t } = useLingui()
  const may = useAccess()
  const reasonText = useReasonText()
  const { facts } = item
  const told: Record<string, string> = {
    bounce: t`A letter came back`,
    complaint: t`Complained about a letter`,
    auto_reply: t`An automatic reply came`,
    reply: t`Answered`,
    notice: t`A notice about a letter came`,
  }
  const kind = String(facts.kind)
  const about = facts.source_id ? (
    <>
      {facts.source_kind === 'campaign' ? (
        <AppLink href={`/mailings/${String(facts.source_id)}`}>{String(facts.mailing_name)}</AppLink>
      ) : (
        String(facts.mailing_name)
      )}
    </>
  ) : null
  if (kind !== 'reply') {
    const reason = String(facts.reason ?? '')
    return (
      <div>
        <AppLink href={`/settings/returned-mail?mail=${item.id}`}>{told[kind] ?? kind}</AppLink>{' '}
        <span className={css.dim}>
          {reason && reasonText(reason, String(facts.reason_text ?? ''))}
          {reason && about && ' · '}
          {about}
        </span>
      </div>
    )
  }
  const title = (
    <>
      {told[kind]}: <strong><bdi>{item.name || t`without a subject`}</bdi></strong>
    </>
  )
  return may('inbox') ? (
    <Answer item={item} title={title} about={about} />
  ) : (
    <div>
      {title} <span className={css.dim}>{about}</span>
    </div>
  )
}

interface AnswerProps {
  item: TimelineItem
  title: React.ReactNode
  about: React.ReactNode
}

function Answer({ item, title, about }: AnswerProps) {
  const [isOpen, setOpen] = useState(false)
  const { data, error } = useQuery(returnedSourceQuery(Number(item.id), isOpen))
  const { facts } = item
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      <div style={{ marginTop: 6 }}>
        {error && <ErrorNote error={error} />}
        {isOpen && !data && !error && <Skeleton height={48} />}
        {data && <p className={css.noteText} style={{ margin: '0 0 6px' }}>{data.text}</p>}
        <span className={css.dim}>
          {facts.forwarded_at ? (
            <>
              <Trans>Sent on to {String(facts.forward_to)}</Trans>{' '}
              <DateTime at={String(facts.forwarded_at)} />
              {' · '}
            </>
          ) : null}
          {about}
          {about && ' · '}
          <AppLink href={`/settings/returned-mail?mail=${item.id}`}>
            <Trans>The whole mail</Trans>
          </AppLink>
        </span>
      </div>
    </details>
  )
}
