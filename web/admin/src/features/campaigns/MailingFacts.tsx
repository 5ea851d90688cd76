import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../components/AppLink'
import { ArmMark } from '../../components/ArmMark'
import { Panel } from '../../components/Page'
import { DateTime } from '../../components/Time'
import { letterChoicesQuery } from '../../lib/api/endpoints/content'
import { segmentChoicesQuery } from '../../lib/api/endpoints/segments'
import type { Campaign } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import css from './MailingFacts.module.css'

/** What the mailing was, for those who read its report later. */
export function MailingFacts({ campaign }: { campaign: Campaign }) {
  const { t } = useLingui()
  const format = useFormat()
  const segments = useQuery(segmentChoicesQuery)
  const letters = useQuery(letterChoicesQuery)
  const segmentName = (id: string) => segments.data?.find((row) => row.id === id)?.name ?? NOTHING
  const letterName = (id: string | null) => letters.data?.find((row) => row.id === id)?.name ?? NOTHING
  const { goal } = campaign
  return (
    <Panel title={t`How it was set up`}>
      <dl className={css.facts}>
        <dt>
          <Trans>Segments</Trans>
        </dt>
        <dd>
          {campaign.audience.segment_ids.map((id) => (
            <div key={id}>
              <AppLink href={`/segments/${id}`}>{segmentName(id)}</AppLink>
            </div>
          ))}
        </dd>
        {campaign.audience.exclude_segment_ids.length > 0 && (
          <>
            <dt>
              <Trans>Except</Trans>
            </dt>
            <dd>
              {campaign.audience.exclude_segment_ids.map((id) => (
                <div key={id}>
                  <AppLink href={`/segments/${id}`}>{segmentName(id)}</AppLink>
                </div>
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
              {variant.letter_id && (
                <AppLink href={`/letters/${variant.letter_id}`}>{letterName(variant.letter_id)}</AppLink>
              )}
            </div>
          ))}
        </dd>
        <dt>
          <Trans>Control group</Trans>
        </dt>
        <dd>{format.percent(campaign.control_share / 100, 0)}</dd>
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
