import { Button, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import { ErrorNote } from '../../../components/States'
import { profileSegmentsQuery } from '../../../lib/api/endpoints/people'
import type { ProfileCard } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Card.module.css'

/** The segments the person is in; opened, also since when, and those that were left. */
export function SegmentsPanel({ card }: { card: ProfileCard }) {
  const { t } = useLingui()
  const format = useFormat()
  const [isOpen, setOpen] = useState(false)
  const history = useQuery({ ...profileSegmentsQuery(card.id), enabled: isOpen })
  return (
    <Panel
      title={t`Segments`}
      actions={
        !isOpen && (
          <Button variant="subtle" size="compact-sm" onClick={() => setOpen(true)}>
            <Trans>History</Trans>
          </Button>
        )
      }
    >
      {card.segments.length ? (
        <ul className={css.plain}>
          {card.segments.map((segment) => (
            <li key={segment.id}>
              <AppLink href={`/segments/${segment.id}`}>{segment.name}</AppLink>
            </li>
          ))}
        </ul>
      ) : (
        <span className={css.dim}>
          <Trans>In no segment as of the last recount.</Trans>
        </span>
      )}
      {isOpen && (
        <>
          <h3 className={css.day}>
            <Trans>In the last 180 days</Trans>
          </h3>
          {history.error && <ErrorNote error={history.error} retry={() => void history.refetch()} />}
          {history.isPending && <Skeleton height={40} />}
          {history.data?.length === 0 && (
            <span className={css.dim}>
              <Trans>In no segment on any day.</Trans>
            </span>
          )}
          <ul className={css.plain}>
            {history.data?.map((stay) => (
              <li key={`${stay.segment_id}-${stay.entered_at}-${stay.left_at}`}>
                <AppLink href={`/segments/${stay.segment_id}`}>{stay.name}</AppLink>
                <div className={css.dim}>
                  {stay.entered_at ? t`entered ${format.date(stay.entered_at)}` : t`was in it from the start`}
                  {stay.left_at && `, ${t`left ${format.date(stay.left_at)}`}`}
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  )
}
