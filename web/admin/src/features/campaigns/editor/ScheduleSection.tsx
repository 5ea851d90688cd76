import { Button, Group, NumberInput, Radio, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { MomentField, WallField } from '../../../components/MomentField'
import { Panel } from '../../../components/Page'
import { sendersQuery } from '../../../lib/api/endpoints/channels'
import { useFormat } from '../../../lib/format/useFormat'
import { dayOf } from '../../../lib/format/zones'
import { useNow } from '../../../lib/hooks/useNow'
import { FirstPart } from './FirstPart'
import type { CampaignInput } from '../../../lib/api/types'
import type { SectionProps } from './MailingEditor'

const HOUR_MS = 3_600_000
type Schedule = CampaignInput['schedule']

export function ScheduleSection({ draft, change, isReadOnly }: SectionProps) {
  const { t } = useLingui()
  const { timeZone } = useFormat()
  const senders = useQuery(sendersQuery)
  const now = useNow()
  const { schedule } = draft
  const set = (part: Partial<Schedule>) => change({ schedule: { ...schedule, ...part } })
  const tomorrow = () => `${dayOf(new Date(now.getTime() + 24 * HOUR_MS).toISOString(), timeZone)}T10:00`
  const nextHour = () =>
    new Date(Math.ceil((now.getTime() + HOUR_MS / 2) / HOUR_MS) * HOUR_MS).toISOString()

  return (
    <Panel id="schedule" title={t`Sending`}>
      <Stack gap={16}>
        <Group gap={12} align="flex-end" id="sender">
          <Select
            label={t`Sender`}
            w={420}
            maw="100%"
            disabled={isReadOnly}
            placeholder={t`Choose a sender`}
            value={draft.sender_id}
            data={(senders.data ?? []).map((sender) => ({
              value: sender.id,
              label: `${sender.name} <${sender.email}>`,
            }))}
            onChange={(sender_id) => change({ sender_id })}
          />
          {senders.data?.length === 0 && (
            <Button component={AppLink} href="/settings/senders" variant="light">
              <Trans>Add a sender</Trans>
            </Button>
          )}
        </Group>
        <Radio.Group
          label={t`When`}
          value={schedule.kind}
          onChange={(kind) =>
            set(
              kind === 'at'
                ? { kind: 'at', at: schedule.at ?? nextHour(), own_time: null }
                : kind === 'own'
                  ? { kind: 'own', at: null, own_time: schedule.own_time ?? tomorrow(), spread_hours: null }
                  : { kind: 'now', at: null, own_time: null },
            )
          }
        >
          <Stack gap={8} mt={4}>
            <Radio size="xs" value="now" disabled={isReadOnly} label={t`Right after the launch`} />
            <Group gap={8}>
              <Radio size="xs" value="at" disabled={isReadOnly} label={t`At a set time`} />
              {schedule.kind === 'at' && (
                <>
                  <MomentField
                    aria-label={t`Time of sending`}
                    w={220}
                    disabled={isReadOnly}
                    min={now.toISOString()}
                    value={schedule.at}
                    onChange={(at) => at && set({ at })}
                  />
                  <span style={{ fontSize: 13, color: 'var(--text-dim)' }}>{timeZone}</span>
                </>
              )}
            </Group>
            <Group gap={8}>
              <Radio
                size="xs"
                value="own"
                disabled={isReadOnly}
                label={t`At a time of each person's own clock`}
              />
              {schedule.kind === 'own' && (
                <>
                  <WallField
                    aria-label={t`Time by each person's own clock`}
                    w={220}
                    disabled={isReadOnly}
                    value={schedule.own_time}
                    onChange={(own_time) => own_time && set({ own_time })}
                  />
                  <span style={{ fontSize: 13, color: 'var(--text-dim)' }}>
                    <Trans>Who has no time zone lives in {timeZone}.</Trans>
                  </span>
                </>
              )}
            </Group>
          </Stack>
        </Radio.Group>
        {schedule.kind !== 'own' && (
          <NumberInput
            label={t`Spread evenly over hours`}
            description={t`Empty: everybody gets the letter as soon as it can be sent.`}
            w={320}
            min={1}
            max={72}
            allowDecimal={false}
            disabled={isReadOnly}
            placeholder={t`At once`}
            value={schedule.spread_hours ?? ''}
            onChange={(hours) => set({ spread_hours: typeof hours === 'number' && hours > 0 ? hours : null })}
          />
        )}
        <FirstPart draft={draft} change={change} isReadOnly={isReadOnly} />
        <NumberInput
          label={t`Letters a second at most`}
          description={t`Empty: as fast as the mail server takes them.`}
          w={320}
          min={1}
          max={10_000}
          allowDecimal={false}
          disabled={isReadOnly}
          placeholder={t`No limit`}
          value={draft.rate_per_s ?? ''}
          onChange={(rate) => change({ rate_per_s: typeof rate === 'number' && rate > 0 ? rate : null })}
        />
      </Stack>
    </Panel>
  )
}
