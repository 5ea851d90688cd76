import { Button, Group, Menu, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'

import { CopyValue } from '../../../components/CopyValue'
import { notifyError } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { Note, StateLabel, type Tone, useErrorText } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { checkTrackingDomain, trackingDomainsQuery } from '../../../lib/api/endpoints/tracking'
import type { TrackingDomain, TrackingDomains } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Tracking.module.css'

interface DomainPanelProps {
  domain: TrackingDomain
  record: TrackingDomains['record']
  ownUrl: string
  onEdit: () => void
  onRemove: () => void
}

const TONES: Record<TrackingDomain['state'], Tone> = { waiting: 'warn', working: 'good', trouble: 'bad' }
const LEVELS = { ok: 'ok', warn: 'warn', fail: 'block' } as const

/** One name: whether letters use it, the record to publish, what the last look at it found. */
export function DomainPanel({ domain, record, ownUrl, onEdit, onRemove }: DomainPanelProps) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const check = useMutation({
    mutationFn: () => checkTrackingDomain(domain.id),
    onError: (error) => notifyError(errorText(error)),
    onSettled: () => client.invalidateQueries({ queryKey: trackingDomainsQuery.queryKey }),
  })
  const states = {
    waiting: t`waits for its record`,
    working: t`letters use it`,
    trouble: t`does not lead here now`,
  }
  return (
    <Panel
      title={
        <span className={css.title}>
          {domain.url} <StateLabel tone={TONES[domain.state]}>{states[domain.state]}</StateLabel>
        </span>
      }
      hint={domain.sender_domain ? t`Letters from ${domain.sender_domain}` : t`Letters of all senders`}
      actions={
        may('manage') && (
          <Group gap={8} wrap="nowrap">
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconRefresh size={14} />}
              loading={check.isPending}
              onClick={() => check.mutate()}
            >
              <Trans>Check</Trans>
            </Button>
            <Menu>
              <Menu.Target>
                <Button variant="subtle" size="compact-sm" color="gray">
                  <Trans>More</Trans>
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={onEdit}>
                  <Trans>Edit</Trans>
                </Menu.Item>
                <Menu.Item color="red" onClick={onRemove}>
                  <Trans>Stop using it</Trans>
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        )
      }
    >
      <Stack gap={12}>
        {domain.state !== 'working' && (
          <>
            {record ? (
              <dl className={css.record}>
                <dt>
                  <Trans>Name</Trans>
                </dt>
                <dd>
                  <CopyValue value={domain.host} name={t`name of the record`} />
                </dd>
                <dt>
                  <Trans>Record</Trans>
                </dt>
                <dd>{record.type}</dd>
                <dt>
                  <Trans>Value</Trans>
                </dt>
                <dd>
                  <CopyValue value={record.value} name={t`value of the record`} />
                </dd>
              </dl>
            ) : (
              <Note level="warn">
                <Trans>
                  The program has no public address yet ({ownUrl}). Ask its administrator to set
                  public_url; then the record to publish is shown here.
                </Trans>
              </Note>
            )}
            <p className={css.note}>
              {domain.secure ? (
                <Trans>
                  The proxy before the program has to take requests for this name, with a
                  certificate, and hand on the Host header. Until it works, links lead to {ownUrl}.
                </Trans>
              ) : (
                <Trans>
                  The proxy before the program has to take requests for this name and hand on the
                  Host header. Until it works, links lead to {ownUrl}.
                </Trans>
              )}
            </p>
          </>
        )}
        {domain.findings.map((finding) => (
          <Note key={finding.kind} level={LEVELS[finding.level]}>
            {finding.message}
          </Note>
        ))}
        {!domain.secure && (
          <Note level="warn">
            <Trans>
              Without https anybody on the way can see what readers open, and one-click
              unsubscription does not count for mail providers.
            </Trans>
          </Note>
        )}
        {domain.checked_at && (
          <p className={css.note}>
            <Trans>
              Checked <DateTime at={domain.checked_at} />; it is checked again every ten minutes.
            </Trans>
          </p>
        )}
      </Stack>
    </Panel>
  )
}
