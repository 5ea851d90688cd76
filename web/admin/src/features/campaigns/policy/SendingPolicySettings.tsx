import { Button, Group, Select, Skeleton, Slider, Stack, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { notifyDone } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { ErrorNote, Note } from '../../../components/States'
import { ApiError } from '../../../lib/api/client'
import { sendingPolicyQuery, setSendingPolicy } from '../../../lib/api/endpoints/sending'
import type { SendingPolicy } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { FrequencyPanel } from './FrequencyPanel'
import { HolidaysPanel } from './HolidaysPanel'
import css from './Policy.module.css'
import { QuietPanel } from './QuietPanel'

export interface PolicyPartProps {
  policy: SendingPolicy
  change: (part: Partial<SendingPolicy>) => void
  isReadOnly: boolean
  /** The message of the server for a field such as `quiet_weekdays`. */
  problem: (field: string) => string | undefined
}

const CONTROL_MAX = 20

/** When and how often people may hear from the company. Nothing holds before it is saved. */
export function SendingPolicySettings() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const saved = useQuery(sendingPolicyQuery)
  const [draft, setDraft] = useState<SendingPolicy | null>(null)
  const policy = draft ?? saved.data?.policy
  const save = useMutation({
    mutationFn: setSendingPolicy,
    onSuccess: (next) => {
      client.setQueryData(sendingPolicyQuery.queryKey, next)
      void client.invalidateQueries({ queryKey: ['campaigns'] })
      setDraft(null)
      notifyDone(t`The sending policy is saved`)
    },
  })
  const isReadOnly = !may('manage')
  const isDirty = draft !== null && JSON.stringify(draft) !== JSON.stringify(saved.data?.policy)
  const change = (part: Partial<SendingPolicy>) => policy && setDraft({ ...policy, ...part })
  if (saved.error) return <ErrorNote error={saved.error} retry={() => void saved.refetch()} />
  if (!policy || !saved.data) return <Skeleton height={320} />
  const problem = (field: string) =>
    save.error instanceof ApiError ? save.error.field(field) : undefined
  const part = { policy, change, isReadOnly, problem }
  const control = policy.global_control
  return (
    <Stack gap={16}>
      {isReadOnly && (
        <Note level="info">
          <Trans>Only the owner of the workspace changes these rules.</Trans>
        </Note>
      )}
      <FrequencyPanel {...part} />
      <QuietPanel {...part} timezone={saved.data.timezone} />
      <HolidaysPanel {...part} />
      <Panel
        title={t`Global control group`}
        hint={t`These people get nothing but service messages, so that the effect of all messages together can be seen.`}
        actions={
          <Button component={AppLink} href="/reports/control-group" variant="subtle" size="compact-sm">
            <Trans>Open the report</Trans>
          </Button>
        }
      >
        <Stack gap={20}>
          <div className={css.slider}>
            <Slider
              flex={1}
              min={0}
              max={CONTROL_MAX}
              step={1}
              label={null}
              thumbLabel={t`Share of the global control group, per cent`}
              disabled={isReadOnly}
              marks={[0, 5, 10, 15, CONTROL_MAX].map((value) => ({ value, label: String(value) }))}
              value={control.share}
              onChange={(share) => change({ global_control: { ...control, share } })}
            />
            <output className={css.share}>{control.share} %</output>
          </div>
          {control.share > 0 && (
            <Select
              label={t`The group is drawn anew`}
              description={t`With the first day of a month, in the time zone of the workspace.`}
              w={280}
              maw="100%"
              allowDeselect={false}
              disabled={isReadOnly}
              value={String(control.renew_months)}
              data={[
                { value: '0', label: t`never` },
                { value: '1', label: t`every month` },
                { value: '3', label: t`every quarter` },
                { value: '6', label: t`every half a year` },
                { value: '12', label: t`every year` },
              ]}
              onChange={(months) =>
                change({ global_control: { ...control, renew_months: Number(months) } })
              }
            />
          )}
        </Stack>
      </Panel>
      <Panel
        title={t`Service messages`}
        hint={t`Receipts, answers, notices about a contract. The owner marks such a mailing; no rule of this page holds it back.`}
      >
        <Switch
          label={t`Service messages need no consent to advertising`}
          disabled={isReadOnly}
          checked={policy.service_without_consent}
          onChange={(event) => change({ service_without_consent: event.currentTarget.checked })}
        />
        {policy.service_without_consent && (
          <div style={{ marginTop: 12 }}>
            <Note level="warning">
              <Trans>
                Advertising inside a service message is unlawful without a consent in many countries. The
                stop list still holds.
              </Trans>
            </Note>
          </div>
        )}
      </Panel>
      <Panel
        title={t`Approval`}
        hint={t`The author of a mailing asks, a second person with the right to send says yes or sends it back.`}
      >
        <Switch
          label={t`A mailing is launched only after a second person has approved it`}
          disabled={isReadOnly}
          checked={policy.approval_required}
          onChange={(event) => change({ approval_required: event.currentTarget.checked })}
        />
      </Panel>
      {!isReadOnly && (
        <div className={css.save} data-dirty={isDirty || undefined}>
          {save.error && <ErrorNote error={save.error} />}
          <Group gap={8}>
            <Button
              disabled={!isDirty}
              loading={save.isPending}
              onClick={() => save.mutate({ policy, version: saved.data.version })}
            >
              <Trans>Save</Trans>
            </Button>
            {isDirty && (
              <Button
                variant="default"
                onClick={() => {
                  setDraft(null)
                  save.reset()
                  void saved.refetch()
                }}
              >
                <Trans>Discard changes</Trans>
              </Button>
            )}
          </Group>
        </div>
      )}
    </Stack>
  )
}
