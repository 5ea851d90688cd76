import { Button, Code, Group, Menu, Modal, Skeleton, Stack, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDots, IconPencil, IconPlayerPause, IconPlayerPlay, IconRefresh, IconSend } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { CopyValue } from '../../components/CopyValue'
import { type Column, DataTable } from '../../components/DataTable'
import { JsonView } from '../../components/JsonView'
import { notifyDone, notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, Note, StateLabel, type Tone, useErrorText } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import {
  attemptsQuery,
  deadLetterQuery,
  deadLettersQuery,
  deleteForwarding,
  forwardingQuery,
  forwardingsQuery,
  replayDeadLetters,
  rotateSecret,
  setForwardingState,
  tryForwarding,
} from '../../lib/api/endpoints/exports'
import type { DeadLetter, Forwarding, ForwardingAttempt } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Exports.module.css'
import { ForwardingForm } from './ForwardingForm'
import { VerifyHelp } from './VerifyHelp'
import { ForwardingStateLabel } from './words'

const route = getRouteApi('/inside/exports/forwarding/$id')

/** One forwarding: its health, what did not arrive, and the log. */
export function ForwardingPage() {
  const { t } = useLingui()
  const format = useFormat()
  const { id } = route.useParams()
  const { data: forwarding, error } = useQuery(forwardingQuery(id))
  if (error) throw error
  if (!forwarding) return <Skeleton height={320} m={24} />
  const figures: [string, number][] = [
    [t`Delivered in an hour`, forwarding.delivered_hour],
    [t`Delivered in a day`, forwarding.delivered_day],
    [t`Waiting`, forwarding.waiting + forwarding.preparing],
    [t`Not delivered`, forwarding.dead],
  ]
  return (
    <Page
      title={forwarding.name}
      subtitle={forwarding.target.kind === 'webhook' ? forwarding.target.url : 'Mixpanel'}
      back={{ href: '/exports/forwarding', label: t`Forwarding` }}
      actions={<Actions forwarding={forwarding} />}
    >
      <Stack gap={16}>
        {forwarding.stopped_by === 'gone' && (
          <Note level="error">
            <Trans>
              The receiver answered 410: it wants no more events. They are not collected until you switch the forwarding
              on again.
            </Trans>
          </Note>
        )}
        {forwarding.open_until && forwarding.state === 'on' && (
          <Note level="warning">
            <Trans>
              The receiver does not answer ({forwarding.last_error}). It is tried again by itself; nothing is lost. Next
              attempt: <DateTime at={forwarding.open_until} />
            </Trans>
          </Note>
        )}
        <Panel>
          <Stack gap={12}>
            <ForwardingStateLabel forwarding={forwarding} />
            <dl className={css.figures} style={{ margin: 0 }}>
              {figures.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{format.number(value)}</dd>
                </div>
              ))}
            </dl>
            <span className={css.dim}>
              {!forwarding.names && <Trans>All events</Trans>}
              {forwarding.names && forwarding.names.length > 0 && <Trans>Events: {forwarding.names.join(', ')}</Trans>}
            </span>
            {forwarding.segments.map((segment) => (
              <span key={segment.segment_id} className={css.dim}>
                <AppLink href={`/segments/${segment.segment_id}`}>{segment.name}</AppLink>:{' '}
                {segment.entered && segment.left ? t`who enters and who leaves` : segment.entered ? t`who enters` : t`who leaves`}
              </span>
            ))}
          </Stack>
        </Panel>
        <DeadLetters forwarding={forwarding} />
        <Attempts id={id} />
        {forwarding.kind === 'webhook' && (
          <Panel title={t`How to check the signature`}>
            <VerifyHelp />
          </Panel>
        )}
      </Stack>
    </Page>
  )
}

function Actions({ forwarding }: { forwarding: Forwarding }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const router = useRouter()
  const errorText = useErrorText()
  const [editing, setEditing] = useState(false)
  const [removing, setRemoving] = useState(false)
  const { id } = forwarding
  const refresh = () => void client.invalidateQueries({ queryKey: forwardingsQuery.queryKey })
  const failed = (error: unknown) => notifyError(errorText(error))
  const change = useMutation({
    mutationFn: (state: Forwarding['state']) => setForwardingState(id, state),
    onSuccess: refresh,
    onError: failed,
  })
  const trial = useMutation({ mutationFn: () => tryForwarding(id), onError: failed })
  const rotate = useMutation({ mutationFn: () => rotateSecret(id), onSuccess: refresh, onError: failed })
  const remove = useMutation({
    mutationFn: () => deleteForwarding(id),
    onSuccess: () => {
      refresh()
      void router.navigate({ to: '/exports/forwarding' })
    },
    onError: failed,
  })
  if (!may('edit')) return null
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconSend size={16} />}
        loading={trial.isPending}
        onClick={() => trial.mutate()}
      >
        <Trans>Send a test event</Trans>
      </Button>
      {forwarding.state === 'on' ? (
        <Button variant="default" leftSection={<IconPlayerPause size={16} />} onClick={() => change.mutate('paused')}>
          <Trans>Pause</Trans>
        </Button>
      ) : (
        <Button leftSection={<IconPlayerPlay size={16} />} onClick={() => change.mutate('on')}>
          <Trans>Switch on</Trans>
        </Button>
      )}
      {!may('manage') && (
        <Button variant="default" leftSection={<IconPencil size={16} />} onClick={() => setEditing(true)}>
          <Trans>What to forward</Trans>
        </Button>
      )}
      {may('manage') && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" px={8} aria-label={t`More actions`}>
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setEditing(true)}>{t`Edit`}</Menu.Item>
            {forwarding.kind === 'webhook' && (
              <Menu.Item onClick={() => rotate.mutate()}>{t`New signing secret`}</Menu.Item>
            )}
            {forwarding.state !== 'off' && (
              <Menu.Item onClick={() => change.mutate('off')}>{t`Switch off, collect nothing`}</Menu.Item>
            )}
            <Menu.Item color="red" onClick={() => setRemoving(true)}>
              {t`Delete`}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {editing && <ForwardingForm forwarding={forwarding} onClose={() => setEditing(false)} />}
      {removing && (
        <Modal
          opened
          onClose={() => setRemoving(false)}
          title={t`Delete the forwarding “${forwarding.name}”`}
          closeButtonProps={{ 'aria-label': t`Close` }}
        >
          <Stack gap={12}>
            <Trans>
              Everything that waits ({forwarding.waiting}) and was not delivered ({forwarding.dead}) goes with it.
            </Trans>
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={() => setRemoving(false)}>
                <Trans>Cancel</Trans>
              </Button>
              <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
                <Trans>Delete</Trans>
              </Button>
            </Group>
          </Stack>
        </Modal>
      )}
      {trial.data && (
        <Modal
          opened
          onClose={() => trial.reset()}
          title={t`Test event`}
          closeButtonProps={{ 'aria-label': t`Close` }}
        >
          <Stack gap={12}>
            <Note level={trial.data.taken ? 'ok' : 'error'}>
              {trial.data.taken ? (
                <Trans>
                  The receiver took it: {trial.data.status}, {trial.data.took_ms} ms.
                </Trans>
              ) : (
                <Trans>The receiver did not take it: {trial.data.error}</Trans>
              )}
            </Note>
            {trial.data.answer && <Code block>{trial.data.answer}</Code>}
          </Stack>
        </Modal>
      )}
      {rotate.data && (
        <Modal
          opened
          onClose={() => rotate.reset()}
          closeOnClickOutside={false}
          title={t`New signing secret`}
          closeButtonProps={{ 'aria-label': t`Close` }}
        >
          <Stack gap={12}>
            <Note level="warning">
              <Trans>
                Copy it now: it will not be shown again. For 24 hours calls carry the signatures of both the old and the
                new secret.
              </Trans>
            </Note>
            <CopyValue value={rotate.data.secret} name={t`signing secret`} />
          </Stack>
        </Modal>
      )}
    </>
  )
}

function DeadLetters({ forwarding }: { forwarding: Forwarding }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const list = useInfiniteQuery(deadLettersQuery(forwarding.id))
  const [opened, setOpened] = useState<string | null>(null)
  const replay = useMutation({
    mutationFn: (which: { delivery_id?: string; since?: string }) => replayDeadLetters(forwarding.id, which),
    onSuccess: () => {
      notifyDone(t`They are on their way again`)
      void client.invalidateQueries({ queryKey: forwardingsQuery.queryKey })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const columns: Column<DeadLetter>[] = [
    {
      id: 'event',
      header: t`Event`,
      render: (row) => (
        <Button variant="subtle" size="compact-sm" px={0} onClick={() => setOpened(row.id)}>
          {row.events > 1 ? `${row.event} +${row.events - 1}` : row.event}
        </Button>
      ),
    },
    { id: 'error', header: t`Why`, render: (row) => <span className={css.dim}>{row.error ?? NOTHING}</span> },
    { id: 'attempts', header: t`Attempts`, align: 'right', hide: 'sm', render: (row) => row.attempts },
    { id: 'at', header: t`Given up`, hide: 'sm', render: (row) => <Ago at={row.dead_at} /> },
    {
      id: 'do',
      header: '',
      width: 48,
      render: (row) =>
        may('edit') && (
          <Tooltip label={t`Send again`}>
            <Button
              variant="subtle"
              size="compact-sm"
              px={6}
              aria-label={t`Send ${row.event} again`}
              onClick={() => replay.mutate({ delivery_id: row.id })}
            >
              <IconRefresh size={16} />
            </Button>
          </Tooltip>
        ),
    },
  ]
  return (
    <Panel
      flush
      title={t`Not delivered`}
      hint={t`Given up after three days of attempts, or refused by the receiver. Kept for 30 days.`}
      actions={
        may('edit') &&
        forwarding.dead > 0 && (
          <Group gap={8}>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => replay.mutate({ since: new Date(Date.now() - 86_400_000).toISOString() })}
            >
              <Trans>Send those of the last day again</Trans>
            </Button>
            <Button size="compact-sm" loading={replay.isPending} onClick={() => replay.mutate({})}>
              <Trans>Send all again</Trans>
            </Button>
          </Group>
        )
      }
    >
      <DataTable
        label={t`Not delivered`}
        columns={columns}
        keys={false}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} />}
        empty={<Empty title={t`Everything arrived`} />}
      />
      {opened && <Letter forwarding={forwarding.id} delivery={opened} onClose={() => setOpened(null)} />}
    </Panel>
  )
}

function Letter(props: { forwarding: string; delivery: string; onClose: () => void }) {
  const { t } = useLingui()
  const letter = useQuery(deadLetterQuery(props.forwarding, props.delivery))
  return (
    <Modal
      opened
      onClose={props.onClose}
      size="lg"
      title={t`Not delivered`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {letter.error && <ErrorNote error={letter.error} />}
      {letter.data ? <JsonView value={letter.data.events} label={t`Events`} /> : <Skeleton height={160} />}
    </Modal>
  )
}

const TONES: Record<ForwardingAttempt['outcome'], Tone> = {
  delivered: 'good',
  partly: 'warn',
  retry: 'warn',
  dead: 'bad',
}

function Attempts({ id }: { id: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const list = useInfiniteQuery(attemptsQuery(id))
  const names: Record<ForwardingAttempt['outcome'], string> = {
    delivered: t`delivered`,
    partly: t`a part refused`,
    retry: t`will be tried again`,
    dead: t`given up`,
  }
  const columns: Column<ForwardingAttempt>[] = [
    { id: 'at', header: t`When`, render: (row) => <Ago at={row.at} /> },
    { id: 'event', header: t`Event`, hide: 'sm', render: (row) => row.event },
    { id: 'events', header: t`Events`, align: 'right', hide: 'md', render: (row) => format.number(row.events) },
    {
      id: 'outcome',
      header: t`Outcome`,
      render: (row) => <StateLabel tone={TONES[row.outcome]}>{names[row.outcome]}</StateLabel>,
    },
    {
      id: 'answer',
      header: t`Answer`,
      render: (row) => (
        <span className={css.dim}>
          {row.error ?? row.status ?? NOTHING}
          {row.answer && <> · {row.answer.slice(0, 160)}</>}
        </span>
      ),
    },
    { id: 'ms', header: t`ms`, align: 'right', hide: 'md', render: (row) => format.number(row.took_ms) },
  ]
  return (
    <Panel
      flush
      title={t`Log`}
      hint={t`Every attempt that failed; of those that went well the first of each round. Kept for 7 days.`}
    >
      <DataTable
        label={t`Log`}
        columns={columns}
        keys={false}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} />}
        empty={<Empty title={t`Nothing was sent yet`} />}
      />
    </Panel>
  )
}
