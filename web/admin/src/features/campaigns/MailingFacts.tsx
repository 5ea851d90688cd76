import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../components/AppLink'
import { ArmMark } from '../../components/ArmMark'
import { Panel } from '../../components/Page'
import { DateTime } from '../../components/Time'
import { ApiError } from '../../lib/api/client'
import { letterQuery } from '../../lib/api/endpoints/content'
import { segmentQuery } from '../../lib/api/endpoints/segments'
import type { Campaign } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { usePriorityName } from './editor/RulesSection'
import css from './MailingFacts.module.css'

/** What the mailing was, for those who read its report later. */
export function MailingFacts({ campaign }: { campaign: Campaign }) {
  const { t } = useLingui()
  const format = useFormat()
  const priorityName = usePriorityName()
  const { goal } = campaign
  return (
    <Panel title={t`How it was set up`}>
      <dl className={css.facts}>
        <dt>
          <Trans>Segments</Trans>
        </dt>
        <dd>
          {campaign.audience.segment_ids.map((id) => (
            <SegmentLink key={id} id={id} />
          ))}
        </dd>
        {campaign.audience.exclude_segment_ids.length > 0 && (
          <>
            <dt>
              <Trans>Except</Trans>
            </dt>
            <dd>
              {campaign.audience.exclude_segment_ids.map((id) => (
                <SegmentLink key={id} id={id} />
              ))}
            </dd>
          </>
        )}
        <dt>
          <Trans>Letters</Trans>
        </dt>
        <dd>
          {campaign.variants.map((variant) => (
            <div key={variant.key}>
              <ArmMark arm={variant.key} name={variant.name} />{' '}
              {variant.letter_id && <LetterLink id={variant.letter_id} />}
            </div>
          ))}
        </dd>
        <dt>
          <Trans>Control group</Trans>
        </dt>
        <dd>{format.percent(campaign.control_share / 100, 0)}</dd>
        {campaign.service ? (
          <>
            <dt>
              <Trans>Kind</Trans>
            </dt>
            <dd>
              <Trans>Service message</Trans>
            </dd>
          </>
        ) : (
          <>
            <dt>
              <Trans>Priority</Trans>
            </dt>
            <dd>{priorityName(campaign.priority)}</dd>
          </>
        )}
        {campaign.until && (
          <>
            <dt>
              <Trans>Latest moment</Trans>
            </dt>
            <dd>
              <DateTime at={campaign.until} />
            </dd>
          </>
        )}
        <dt>
          <Trans>Target action</Trans>
        </dt>
        <dd>
          {goal ? (
            <Trans>
              {goal.event} within {format.duration(goal.window_hours * 3600)}
            </Trans>
          ) : (
            NOTHING
          )}
        </dd>
        <dt>
          <Trans>Launched</Trans>
        </dt>
        <dd>
          <DateTime at={campaign.launched_at} />
        </dd>
        <dt>
          <Trans>Finished</Trans>
        </dt>
        <dd>
          <DateTime at={campaign.finished_at} />
        </dd>
      </dl>
    </Panel>
  )
}

/** What a mailing that is over was made of may have been deleted since. */
const isGone = (error: unknown) => error instanceof ApiError && error.status === 404

function SegmentLink({ id }: { id: string }) {
  const { t } = useLingui()
  const { data, error } = useQuery(segmentQuery(id))
  if (isGone(error)) return <div>{t`a segment that was deleted`}</div>
  return (
    <div>
      <AppLink href={`/segments/${id}`}>{data?.name ?? NOTHING}</AppLink>
    </div>
  )
}

function LetterLink({ id }: { id: string }) {
  const { t } = useLingui()
  const { data, error } = useQuery(letterQuery(id))
  if (isGone(error)) return t`a letter that was deleted`
  return <AppLink href={`/letters/${id}`}>{data?.name ?? NOTHING}</AppLink>
}
