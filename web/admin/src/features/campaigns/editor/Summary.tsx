import { Button, Skeleton, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { plural } from '@lingui/core/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import { ArmMark } from '../../../components/ArmMark'
import { armColor } from '../../../components/arms'
import { ErrorNote, Note } from '../../../components/States'
import {
  audienceQuery,
  campaignQuery,
  checksQuery,
  finishCampaign,
} from '../../../lib/api/endpoints/campaigns'
import type { Audience, Campaign, CampaignInput } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { ApprovalBox } from './ApprovalBox'
import { Checks } from './Checks'
import { controlOf, recipientsOf, wallText } from './draft'
import css from './Editor.module.css'
import { Forecast } from './Forecast'
import { LaunchDialog } from './LaunchDialog'
import { TimingFacts } from './Timing'

interface SummaryProps {
  campaign: Campaign
  draft: CampaignInput
  revision: string
  isSaved: boolean
  flush: () => Promise<boolean>
}

const APPROVAL = new Set(['not_approved', 'approved', 'approved_before_a_change'])

/** What will happen, what stands in the way, and the one button. */
export function Summary({ campaign, draft, revision, isSaved, flush }: SummaryProps) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const [confirming, { open, close }] = useDisclosure(false)
  // A launch that could not be saved first is not asked about later, out of the blue.
  useEffect(() => {
    if (confirming && !isSaved) close()
  }, [confirming, isSaved, close])
  const hasSegments = draft.audience.segment_ids.length > 0
  const audience = useQuery({ ...audienceQuery(campaign.id, revision), enabled: hasSegments })
  // The answer of the second person changes what the checks say, and no version.
  const looked = `${revision} ${campaign.approval?.state ?? ''}`
  const checks = useQuery(checksQuery(campaign.id, looked))
  const count = hasSegments && audience.data ? recipientsOf(audience.data) : 0
  const blocks = checks.data?.filter((check) => check.level === 'block') ?? []
  const isScheduled = campaign.state === 'scheduled'
  const needsApproval = checks.data?.some((check) => APPROVAL.has(check.code))
  const isUnapproved = blocks.some((check) => APPROVAL.has(check.code))
  const counted = format.number(count)
  const timing = hasSegments ? audience.data?.timing : null
  const firstPart = draft.first && audience.data ? audience.data.first : null
  const mainLabel =
    draft.schedule.kind !== 'now'
      ? t`Schedule for ${plural(count, { one: `${counted} person`, other: `${counted} people` })}`
      : firstPart !== null && firstPart < count
        ? t`Send to the first ${plural(firstPart, { one: '# person', other: '# people' })}`
        : t`Send to ${plural(count, { one: `${counted} person`, other: `${counted} people` })}`

  return (
    <aside className={css.summary} aria-label={t`Summary`}>
      <div aria-live="polite">
        {hasSegments ? (
          audience.data ? (
            <>
              <div className={css.big}>{counted}</div>
              <div className={css.dim}>
                <Plural value={count} one="person will get a letter" other="people will get a letter" />
                {audience.isFetching && ' …'}
              </div>
              {audience.data.limited > 0 && (
                <div className={css.dim}>
                  <Plural
                    value={audience.data.limited}
                    one="# more has heard as often as the sending policy allows"
                    other="# more have heard as often as the sending policy allows"
                  />
                </div>
              )}
              {audience.data.first !== null && (
                <div className={css.dim}>
                  {draft.first?.people ? (
                    <Trans>
                      The first part: {format.number(audience.data.first)} (at most {format.number(draft.first.people)})
                    </Trans>
                  ) : (
                    <Trans>The first part: {format.number(audience.data.first)}</Trans>
                  )}
                </div>
              )}
              {audience.data.own !== null && <OwnMoments own={audience.data.own} />}
            </>
          ) : audience.error ? (
            <ErrorNote error={audience.error} />
          ) : (
            <Skeleton height={54} />
          )
        ) : (
          <>
            <div className={css.big}>0</div>
            <div className={css.dim}>
              <Trans>Choose a segment to see the people</Trans>
            </div>
          </>
        )}
      </div>
      {hasSegments && audience.data && audience.data.remaining > 0 && (
        <>
          <Arms audience={audience.data} />
          <hr className={css.rule} />
          {timing && <TimingFacts timing={timing} draft={draft} />}
          <Forecast
            campaignId={campaign.id}
            revision={revision}
            letters={count}
            control={controlOf(audience.data)}
            hasGoal={draft.goal !== null}
          />
        </>
      )}
      <hr className={css.rule} />
      <Checks checks={checks.data} error={checks.error} draft={draft} />
      <hr className={css.rule} />
      {needsApproval && !isScheduled && (
        <ApprovalBox
          campaign={campaign}
          revision={looked}
          isStale={blocks.some((check) => check.code === 'approved_before_a_change')}
          isBlocked={count === 0 || blocks.some((check) => !APPROVAL.has(check.code))}
          flush={flush}
        />
      )}
      {isScheduled ? (
        <Scheduled campaign={campaign} />
      ) : isUnapproved ? null : may('send') ? (
        <Button
          size="md"
          fullWidth
          disabled={count === 0 || blocks.length > 0 || !checks.data}
          loading={audience.isLoading && hasSegments}
          onClick={() => void flush().then((saved) => saved && open())}
        >
          {count > 0 ? mainLabel : draft.schedule.kind !== 'now' ? t`Schedule` : t`Send`}
        </Button>
      ) : (
        <span className={css.dim}>
          <Trans>Your role does not launch mailings.</Trans>
        </span>
      )}
      {confirming && isSaved && (
        <LaunchDialog
          campaign={campaign}
          draft={draft}
          count={count}
          total={audience.data?.remaining ?? 0}
          firstPart={firstPart}
          waitsUntil={timing && timing.quiet >= count ? timing.begins_at : null}
          label={mainLabel}
          onClose={close}
        />
      )}
    </aside>
  )
}

/** When the clocks of these people show the time of the launch. */
function OwnMoments({ own }: { own: NonNullable<Audience['own']> }) {
  const format = useFormat()
  return (
    <div className={css.dim}>
      {own.first_at === own.last_at ? (
        <Trans>
          All of them live by one clock: it goes at {format.dateTime(own.first_at)} ({format.timeZone}).
        </Trans>
      ) : (
        <Trans>
          By their own clocks it goes from {format.dateTime(own.first_at)} to {format.dateTime(own.last_at)} (
          {format.timeZone}).
        </Trans>
      )}{' '}
      {own.late > 0 && (
        <Plural
          value={own.late}
          one="For # person that is over: the letter goes right after the launch."
          other="For # people that is over: the letter goes right after the launch."
        />
      )}
    </div>
  )
}

function Arms({ audience }: { audience: Audience }) {
  const format = useFormat()
  return (
    <>
      <div className={css.split} aria-hidden>
        {audience.arms.map((arm) => (
          <span
            key={arm.key}
            style={{
              width: `${(arm.count / audience.remaining) * 100}%`,
              background: `var(${armColor(arm.key)})`,
            }}
          />
        ))}
      </div>
      <div className={css.arms}>
        {audience.arms.map((arm) => [
          <ArmMark key={`${arm.key}-name`} arm={arm.key} name={arm.name} />,
          <span key={`${arm.key}-count`} className="tnum">
            {format.number(arm.count)}
          </span>,
        ])}
      </div>
    </>
  )
}

/** A launch that waits for its time, with the way to call it off. */
function Scheduled({ campaign }: { campaign: Campaign }) {
  const { i18n } = useLingui()
  const lang = i18n.locale === 'ru' ? 'ru' : 'en'
  const format = useFormat()
  const may = useAccess()
  const client = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => finishCampaign(campaign.id),
    onSuccess: (cancelled) => {
      client.setQueryData(campaignQuery(campaign.id).queryKey, cancelled)
      void client.invalidateQueries({ queryKey: ['campaigns'] })
    },
  })
  return (
    <Stack gap={8}>
      <Note level="info">
        {campaign.schedule.kind === 'own' && campaign.schedule.own_time !== null ? (
          <Trans>Goes out at {wallText(campaign.schedule.own_time, lang)} by each person's own clock.</Trans>
        ) : (
          <Trans>
            Goes out on {format.dateTime(campaign.schedule.at ?? campaign.updated_at)} ({format.timeZone}).
          </Trans>
        )}
      </Note>
      {cancel.error && <ErrorNote error={cancel.error} />}
      {may('send') && (
        <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
          <Trans>Call the launch off</Trans>
        </Button>
      )}
    </Stack>
  )
}
