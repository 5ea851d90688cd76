import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'

import { AppLink } from '../../components/AppLink'
import { ArmMark } from '../../components/ArmMark'
import { Panel } from '../../components/Page'
import { DateTime } from '../../components/Time'
import { ApiError } from '../../lib/api/client'
import { sendersQuery } from '../../lib/api/endpoints/channels'
import { letterQuery } from '../../lib/api/endpoints/content'
import { topicsQuery } from '../../lib/api/endpoints/privacy'
import { segmentQuery } from '../../lib/api/endpoints/segments'
import type { Campaign } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { wallText } from './editor/draft'
import { usePriorityName } from './editor/RulesSection'
import css from './MailingFacts.module.css'

const LiveChanges = lazy(() => import('./progress/LiveChanges').then((module) => ({ default: module.LiveChanges })))

/** What the mailing is made of: of a planned one, and for those who read its report later. */
export function MailingFacts({ campaign }: { campaign: Campaign }) {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const [changing, { open, close }] = useDisclosure(false)
  const priorityName = usePriorityName()
  const senders = useQuery(sendersQuery)
  const topics = useQuery(topicsQuery)
  const { goal, schedule, first } = campaign
  const sender = senders.data?.find(({ id }) => id === campaign.sender_id)
  const topic = topics.data?.find(({ id }) => id === campaign.topic_id)
  const isPlanned = campaign.state === 'scheduled'
  return (
    <Panel
      title={isPlanned ? t`How it is set up` : t`How it was set up`}
      hint={isPlanned ? t`To change anything, call the launch off first.` : undefined}
      actions={
        !isPlanned &&
        may('edit') && (
          <Button variant="subtle" size="compact-sm" onClick={open}>
            <Trans>Edit</Trans>
          </Button>
        )
      }
    >
      {changing && (
        <Suspense fallback={null}>
          <LiveChanges campaign={campaign} onClose={close} />
        </Suspense>
      )}
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
          <Trans>Topic</Trans>
        </dt>
        <dd>{campaign.topic_id ? (topic?.name ?? NOTHING) : <Trans>The whole channel</Trans>}</dd>
        <dt>
          <Trans>Sender</Trans>
        </dt>
        <dd>{sender ? `${sender.name} <${sender.email}>` : NOTHING}</dd>
        <dt>
          <Trans>Letters</Trans>
        </dt>
        <dd>
          {campaign.variants.map((variant) => (
            <div key={variant.key}>
              <ArmMark arm={variant.key} name={variant.name} />{' '}
              {variant.letter_id && <LetterLink id={variant.letter_id} kept={campaign.launched_at ?? campaign.updated_at} />}
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
        <dt>
          <Trans>When</Trans>
        </dt>
        <dd>
          {schedule.kind === 'own' && schedule.own_time ? (
            <Trans>
              {wallText(schedule.own_time, i18n.locale === 'ru' ? 'ru' : 'en')} by each person's own clock
            </Trans>
          ) : schedule.at ? (
            <DateTime at={schedule.at} />
          ) : (
            <Trans>Right after the launch</Trans>
          )}
          {schedule.spread_hours !== null && (
            <div>
              <Plural
                value={schedule.spread_hours}
                one="spread evenly over # hour"
                other="spread evenly over # hours"
              />
            </div>
          )}
          {campaign.rate_per_s !== null && (
            <div>
              <Trans>at most {format.number(campaign.rate_per_s)} letters a second</Trans>
            </div>
          )}
        </dd>
        {first && (
          <>
            <dt>
              <Trans>The first part</Trans>
            </dt>
            <dd>
              {first.people !== null ? (
                <Plural value={first.people} one="# person at most" other="# people at most" />
              ) : (
                <Trans>{format.percent((first.share ?? 0) / 100, 0)} of the audience</Trans>
              )}
              {', '}
              {first.decide === 'hand' ? (
                <Trans>then somebody chooses what the rest gets</Trans>
              ) : (
                <Plural
                  value={first.hours}
                  one="the rest gets its letter after # hour by itself"
                  other="the rest gets its letter after # hours by itself"
                />
              )}
            </dd>
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
          {campaign.more_goals.map((one, place) => (
            <div key={place}>
              <Trans>
                {one.event} within {format.duration(one.window_hours * 3600)}
              </Trans>
            </div>
          ))}
        </dd>
        {campaign.launched_at && (
          <>
            <dt>
              <Trans>Launched</Trans>
            </dt>
            <dd>
              <DateTime at={campaign.launched_at} />
            </dd>
          </>
        )}
        {campaign.finished_at && (
          <>
            <dt>
              <Trans>Finished</Trans>
            </dt>
            <dd>
              <DateTime at={campaign.finished_at} />
            </dd>
          </>
        )}
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

/** `kept`: when the letters were taken as they are sent; what is changed later is not in them. */
function LetterLink({ id, kept }: { id: string; kept: string }) {
  const { t } = useLingui()
  const { data, error } = useQuery(letterQuery(id))
  if (isGone(error)) return t`a letter that was deleted`
  return (
    <>
      <AppLink href={`/letters/${id}`}>{data?.name ?? NOTHING}</AppLink>
      {data && new Date(data.updated_at) > new Date(kept) && (
        <div style={{ color: 'var(--text-dim)' }}>
          <Trans>The letter was changed later; this mailing sends it as it was.</Trans>
        </div>
      )}
    </>
  )
}
