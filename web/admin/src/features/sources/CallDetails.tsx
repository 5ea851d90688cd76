import { Button, Drawer, Group, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { AppLink } from '../../components/AppLink'
import { JsonView } from '../../components/JsonView'
import { notifyError } from '../../components/notify'
import { ErrorNote, Note, useErrorText } from '../../components/States'
import { DateTime } from '../../components/Time'
import { replayCalls, sourceCallQuery } from '../../lib/api/endpoints/sources'
import type { HookCallDetail, HookSource } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { pathText } from './mapping'
import css from './Sources.module.css'
import { CallState } from './states'

interface CallDetailsProps {
  source: HookSource
  callId: string
  onClose: () => void
}

/** One call as it came, and what became of it. */
export function CallDetails({ source, callId, onClose }: CallDetailsProps) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const { data, error } = useQuery(sourceCallQuery(source.id, callId))
  const replay = useMutation({
    mutationFn: () => replayCalls(source.id, { call_id: callId }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['sources', source.id] }),
    onError: (problem) => notifyError(errorText(problem)),
  })
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={t`Call`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {error ? (
        <ErrorNote error={error} />
      ) : !data ? (
        <Skeleton height={200} />
      ) : (
        <Stack gap={16}>
          <Group gap={12}>
            <CallState state={data.call.state} />
            <DateTime at={data.call.received_at} />
            {may('edit') && source.mapping && data.call.has_body && data.call.state !== 'waiting' && (
              <Button
                size="compact-sm"
                variant="default"
                ml="auto"
                leftSection={<IconRefresh size={14} />}
                loading={replay.isPending}
                onClick={() => replay.mutate()}
              >
                <Trans>Replay</Trans>
              </Button>
            )}
          </Group>
          {data.call.reason && <Note level="warn">{data.call.reason}</Note>}
          {data.problems.map((problem) => (
            <Note key={pathText(problem.path)} level="warn">
              {pathText(problem.path)}: {problem.message}
            </Note>
          ))}
          <MadeOf detail={data} />
          {data.call.has_body ? (
            <Kept detail={data} />
          ) : (
            data.call.state !== 'refused' && (
              <Note level="info">
                <Trans>The body was deleted: it is kept for {source.keep_days} days.</Trans>
              </Note>
            )
          )}
        </Stack>
      )}
    </Drawer>
  )
}

function MadeOf({ detail }: { detail: HookCallDetail }) {
  const { t } = useLingui()
  if (detail.made.length === 0) return null
  return (
    <div>
      <strong>
        <Trans>What it became</Trans>
      </strong>
      <ul style={{ margin: '6px 0', paddingLeft: 20 }}>
        {detail.made.map((one) => (
          <li key={one.id}>{one.name || t`what is known of the customer`}</li>
        ))}
      </ul>
      {detail.call.profile_id !== null && (
        <AppLink href={`/customers/${detail.call.profile_id}`}>
          <Trans>Open the customer</Trans>
        </AppLink>
      )}
    </div>
  )
}

function Kept({ detail }: { detail: HookCallDetail }) {
  const { t } = useLingui()
  const facts: [string, string][] = [
    [t`Content type`, detail.content_type],
    [t`Caller`, detail.ip],
    [t`Query`, detail.query],
    ...Object.entries(detail.headers).filter(([name]) => name !== 'content-type'),
  ]
  return (
    <Stack gap={12}>
      <dl className={css.pairs}>
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <JsonView value={detail.body} label={t`Body of the call`} />
      {detail.is_rewritten && (
        <Note level="info">
          <Trans>Secrets and cookies were taken out of the body before it was stored.</Trans>
        </Note>
      )}
    </Stack>
  )
}
