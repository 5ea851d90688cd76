import { Button, Group, NumberInput, Radio, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { MomentField } from '../../../components/MomentField'
import { Panel } from '../../../components/Page'
import { sendersQuery } from '../../../lib/api/endpoints/channels'
import { useFormat } from '../../../lib/format/useFormat'
import { useNow } from '../../../lib/hooks/useNow'
import type { SectionProps } from './MailingEditor'

const HOUR_MS = 3_600_000

export function ScheduleSection({ draft, change, isReadOnly }: SectionProps) {
  const { t } = useLingui()
  const { timeZone } = useFormat()
  const senders = useQuery(sendersQuery)
  const now = useNow()
  const { schedule } = draft
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
            change({
              schedule:
                kind === 'at' ? { kind: 'at', at: schedule.at ?? nextHour() } : { kind: 'now', at: null },
            })
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
                    onChange={(at) => at && change({ schedule: { kind: 'at', at } })}
                  />
                  <span style={{ fontSize: 13, color: 'var(--text-dim)' }}>{timeZone}</span>
                </>
              )}
            </Group>
          </Stack>
        </Radio.Group>
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
