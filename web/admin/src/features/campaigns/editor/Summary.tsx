import { Button, Group, Modal, Skeleton, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { plural } from '@lingui/core/macro'
import { IconAlertCircle, IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { ArmMark } from '../../../components/ArmMark'
import { armColor } from '../../../components/arms'
import { ErrorNote, Note } from '../../../components/States'
import {
  audienceQuery,
  campaignQuery,
  checksQuery,
  finishCampaign,
  launchCampaign,
} from '../../../lib/api/endpoints/campaigns'
import type { Audience, Campaign, CampaignInput, Check } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { ApprovalBox } from './ApprovalBox'
import { wallText } from './draft'
import css from './Editor.module.css'
import { Forecast } from './Forecast'

interface SummaryProps {
  campaign: Campaign
  draft: CampaignInput
  revision: string
  isSaved: boolean
  flush: () => Promise<void>
}

const CONTROL = 'control'
const recipientsOf = (audience: Audience) =>
  audience.arms.filter((arm) => arm.key !== CONTROL).reduce((sum, arm) => sum + arm.count, 0)

/** What will happen, what stands in the way, and the one button. */
export function Summary({ campaign, draft, revision, isSaved, flush }: SummaryProps) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const [confirming, { open, close }] = useDisclosure(false)
  const hasSegments = draft.audience.segment_ids.length > 0
  const audience = useQuery({ ...audienceQuery(campaign.id, revision), enabled: hasSegments })
  const checks = useQuery(checksQuery(campaign.id, revision))
  const count = hasSegments && audience.data ? recipientsOf(audience.data) : 0
  const blocks = checks.data?.filter((check) => check.level === 'block') ?? []
  const isScheduled = campaign.state === 'scheduled'
  const needsApproval = checks.data?.some((check) => check.code === 'not_approved' || check.code === 'approved')
  const counted = format.number(count)
  const mainLabel =
    draft.schedule.kind !== 'now'
      ? t`Schedule for ${plural(count, { one: `${counted} person`, other: `${counted} people` })}`
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
              {audience.data.first !== null && (
                <div className={css.dim}>
                  <Trans>The first part: {format.number(audience.data.first)}</Trans>
                </div>
              )}
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
          <Forecast
            campaignId={campaign.id}
            revision={revision}
            letters={count}
            control={audience.data.remaining - count}
            hasGoal={draft.goal !== null}
          />
        </>
      )}
      <hr className={css.rule} />
      <Checks checks={checks.data} error={checks.error} />
      <hr className={css.rule} />
      {needsApproval && !isScheduled && (
        <ApprovalBox
          campaign={campaign}
          revision={revision}
          isBlocked={count === 0 || blocks.some((check) => check.code !== 'not_approved')}
          flush={flush}
        />
      )}
      {isScheduled ? (
        <Scheduled campaign={campaign} />
      ) : needsApproval && blocks.some((check) => check.code === 'not_approved') ? null : may('send') ? (
        <Button
          size="md"
          fullWidth
          disabled={count === 0 || blocks.length > 0 || !checks.data}
          loading={audience.isLoading && hasSegments}
          onClick={() => void flush().then(open)}
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
          label={mainLabel}
          onClose={close}
        />
      )}
    </aside>
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

const CHECK_ICONS = { block: IconAlertCircle, warn: IconAlertTriangle, ok: IconCircleCheck }
const CHECK_ORDER = { block: 0, warn: 1, ok: 2 }

function Checks({ checks, error }: { checks: Check[] | undefined; error: unknown }) {
  const { t } = useLingui()
  if (error) return <ErrorNote error={error} />
  if (!checks) return <Skeleton height={72} />
  const levels = { block: t`must be fixed`, warn: t`worth a look`, ok: t`in order` }
  return (
    <ul className={css.checks} aria-label={t`Checks`} tabIndex={0}>
      {[...new Map(checks.map((check) => [check.message, check])).values()]
        .sort((a, b) => CHECK_ORDER[a.level] - CHECK_ORDER[b.level])
        .map((check) => {
          const Icon = CHECK_ICONS[check.level]
          return (
            <li key={`${check.code}-${check.message}`} data-level={check.level}>
              <Icon size={16} role="img" aria-label={levels[check.level]} />
              {check.level === 'ok' ? <span>{check.message}</span> : <a href={`#${check.section}`}>{check.message}</a>}
            </li>
          )
        })}
    </ul>
  )
}

interface LaunchDialogProps {
  campaign: Campaign
  draft: CampaignInput
  /** People who will get a letter. */
  count: number
  /** The same with the control group: what the server confirms against. */
  total: number
  label: string
  onClose: () => void
}

function LaunchDialog({ campaign, draft, count, total, label, onClose }: LaunchDialogProps) {
  const { t, i18n } = useLingui()
  const lang = i18n.locale === 'ru' ? 'ru' : 'en'
  const format = useFormat()
  const client = useQueryClient()
  const launch = useMutation({
    mutationFn: () => launchCampaign(campaign.id, total),
    onSuccess: (launched) => {
      client.setQueryData(campaignQuery(campaign.id).queryKey, launched)
      void client.invalidateQueries({ queryKey: ['campaigns'] })
      onClose()
    },
    // The audience may have changed since it was counted; the figures are asked for again.
    onError: () => void client.invalidateQueries({ queryKey: ['campaigns', campaign.id, 'audience'] }),
  })
  return (
    <Modal opened onClose={onClose} title={t`Launch “${draft.name}”`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={16}>
        <div>
          {draft.schedule.kind === 'own' && draft.schedule.own_time !== null ? (
            <Trans>
              At {wallText(draft.schedule.own_time, lang)} by each person's own clock the letter goes to{' '}
              <strong>
                <Plural value={count} one="# person" other="# people" />
              </strong>
              . Until then it can be stopped.
            </Trans>
          ) : draft.schedule.at !== null ? (
            <Trans>
              On {format.dateTime(draft.schedule.at)} ({format.timeZone}) the letter goes to{' '}
              <strong>
                <Plural value={count} one="# person" other="# people" />
              </strong>
              . Until then it can be stopped.
            </Trans>
          ) : (
            <Trans>
              The letter goes at once to{' '}
              <strong>
                <Plural value={count} one="# person" other="# people" />
              </strong>
              . Sending can be paused, but what has gone cannot be taken back.
            </Trans>
          )}
        </div>
        {launch.error && <ErrorNote error={launch.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Not yet</Trans>
          </Button>
          <Button loading={launch.isPending} onClick={() => launch.mutate()} data-autofocus>
            {label}
          </Button>
        </Group>
      </Stack>
    </Modal>
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
