import { Group, Select, Stack, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { MomentField } from '../../../components/MomentField'
import { Panel } from '../../../components/Page'
import { sendingPolicyQuery } from '../../../lib/api/endpoints/sending'
import type { Campaign } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { useNow } from '../../../lib/hooks/useNow'
import type { SectionProps } from './MailingEditor'

type Priority = Campaign['priority']

export function usePriorityName(): (priority: Priority) => string {
  const { t } = useLingui()
  const names: Record<Priority, string> = {
    low: t({ context: 'priority', message: 'Low' }),
    normal: t({ context: 'priority', message: 'Normal' }),
    high: t({ context: 'priority', message: 'High' }),
    highest: t({ context: 'priority', message: 'Before all others' }),
  }
  return (priority) => names[priority]
}

const PRIORITIES: Priority[] = ['low', 'normal', 'high', 'highest']

/** What this mailing may take from the sending policy of the workspace. */
export function RulesSection({ draft, change, isReadOnly }: SectionProps) {
  const { t } = useLingui()
  const may = useAccess()
  const format = useFormat()
  const now = useNow()
  const rules = useQuery(sendingPolicyQuery)
  const priorityName = usePriorityName()
  const policy = rules.data?.policy
  const isLimited = policy && (policy.limits.length > 0 || policy.mass_apart_from_triggered)
  return (
    <Panel
      id="rules"
      title={t`Sending policy`}
      hint={
        isLimited
          ? t`People may hear only so often. When mailings compete for a person, the more important one goes first.`
          : t`The workspace sets no limit of frequency.`
      }
      actions={
        <AppLink href="/settings/sending-policy">
          <Trans>The rules</Trans>
        </AppLink>
      }
    >
      <Stack gap={16}>
        <Group gap={16} align="flex-start">
          <Select
            label={t`Priority`}
            w={220}
            allowDeselect={false}
            disabled={isReadOnly || draft.service}
            value={draft.priority}
            data={PRIORITIES.map((value) => ({ value, label: priorityName(value) }))}
            onChange={(priority) => priority && change({ priority: priority as Priority })}
          />
          <MomentField
            label={t`Latest moment`}
            description={t`Who could not get the letter until then gets none. ${format.timeZone}`}
            w={320}
            maw="100%"
            clearable
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            disabled={isReadOnly}
            placeholder={t`No term`}
            min={now.toISOString()}
            value={draft.until}
            onChange={(until) => change({ until })}
          />
        </Group>
        <Switch
          label={t`Service message`}
          description={
            may('manage')
              ? t`Limits of frequency, quiet hours and the global control group do not hold it back. It is written into the audit log.`
              : t`Only the owner of the workspace may mark a mailing so.`
          }
          disabled={isReadOnly || (!may('manage') && !draft.service)}
          checked={draft.service}
          onChange={(event) => change({ service: event.currentTarget.checked })}
        />
      </Stack>
    </Panel>
  )
}
