import { Button, Group, Modal, Select, Skeleton, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconRefresh, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { notifyDone, notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { SecretInput } from '../../components/SecretInput'
import { Empty, ErrorNote, Note, useErrorText } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import {
  acceptRun,
  declineRun,
  deleteFeed,
  feedQuery,
  feedRunsQuery,
  loadFeed,
  updateFeed,
} from '../../lib/api/endpoints/catalog'
import type { Feed, FeedRun } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Catalog.module.css'
import { FeedFile } from './FeedFile'
import { RunState, useEvery } from './feedWords'
import { HealthReport } from './HealthReport'

const route = getRouteApi('/inside/catalogue/feeds/$id')

export function FeedPage() {
  const { id } = route.useParams()
  const { data: feed, error } = useQuery(feedQuery(id))
  if (error) throw error
  if (!feed) return <Skeleton height={320} m={24} />
  return <FeedView key={feed.id} feed={feed as Feed} />
}

function FeedView({ feed }: { feed: Feed }) {
  const { t } = useLingui()
  const format = useFormat()
  const client = useQueryClient()
  const may = useAccess()
  const errorText = useErrorText()
  const [deleting, { open, close }] = useDisclosure(false)
  const answer = useQuery(feedRunsQuery(feed.id))
  const runs = answer.data as FeedRun[] | undefined
  const last = runs?.[0]
  const isActive = last?.state === 'queued' || last?.state === 'running'
  const refresh = () => void client.invalidateQueries({ queryKey: ['feeds'] })
  useEffect(() => {
    // What the last loading changed is seen everywhere.
    void client.invalidateQueries({ queryKey: ['feeds', feed.id], exact: true })
    void client.invalidateQueries({ queryKey: ['products'] })
  }, [client, feed.id, last?.id, last?.state])
  const load = useMutation({
    mutationFn: (uploadId?: string) => loadFeed(feed.id, uploadId),
    onSuccess: refresh,
    onError: (error) => notifyError(errorText(error)),
  })
  const actions = may('edit') && (
    <>
      {feed.kind === 'url' && (
        <Button
          leftSection={<IconRefresh size={16} />}
          loading={load.isPending}
          disabled={isActive}
          onClick={() => load.mutate(undefined)}
        >
          <Trans>Load now</Trans>
        </Button>
      )}
      <Button variant="default" color="red" leftSection={<IconTrash size={16} />} onClick={open}>
        <Trans>Delete</Trans>
      </Button>
    </>
  )
  return (
    <Page
      title={feed.name}
      subtitle={
        feed.fresh_at && (
          <Trans>
            Products: {format.number(feed.products)}, checked <Ago at={feed.fresh_at} />
          </Trans>
        )
      }
      back={{ href: '/catalogue/feeds', label: t`Feeds` }}
      actions={actions}
    >
      <div className={css.layout}>
        <div className={css.column}>
          {last?.state === 'held' && <Held feed={feed} run={last} refresh={refresh} />}
          {last?.state === 'failed' && last.problem && (
            <Note level="error">
              <Trans>The last loading failed; the catalogue is as it was.</Trans> {last.problem}
            </Note>
          )}
          {feed.kind === 'exchange' && (
            <Note level="info">
              <Trans>The products of this feed come from 1C, exchange by exchange.</Trans>{' '}
              {feed.exchange_id ? (
                <AppLink href={`/sources/exchanges/${feed.exchange_id}`}>
                  <Trans>Open the connection and its exchanges</Trans>
                </AppLink>
              ) : (
                <Trans>Its connection was deleted; the products stay until the feed is deleted.</Trans>
              )}
            </Note>
          )}
          {feed.kind !== 'exchange' && (
            <Panel title={t`Loadings`} flush>
              {answer.error && <ErrorNote error={answer.error} />}
              {runs?.length === 0 && <Empty title={t`Nothing was loaded yet`} />}
              <ul className={css.runs}>
                {runs?.map((run, index) => (
                  <Run key={run.id} run={run} open={index === 0} />
                ))}
              </ul>
            </Panel>
          )}
        </div>
        <div className={css.column}>
          {feed.kind === 'url' && <FeedSettings key={`${feed.url}${feed.every_minutes}`} feed={feed} />}
          {feed.kind === 'upload' && may('edit') && (
            <Panel title={t`Load a newer file`}>
              <FeedFile onDone={(upload) => load.mutate(upload.id)} />
            </Panel>
          )}
          <Panel title={t`Products`}>
            <AppLink href="/catalogue">
              <Trans>Open the catalogue</Trans>
            </AppLink>
          </Panel>
        </div>
      </div>
      {deleting && <DeleteFeed feed={feed} onClose={close} />}
    </Page>
  )
}

function Held({ feed, run, refresh }: { feed: Feed; run: FeedRun; refresh: () => void }) {
  const may = useAccess()
  const errorText = useErrorText()
  const options = { onSuccess: refresh, onError: (error: unknown) => notifyError(errorText(error)) }
  const accept = useMutation({ mutationFn: () => acceptRun(feed.id, run.id), ...options })
  const decline = useMutation({ mutationFn: () => declineRun(feed.id, run.id), ...options })
  return (
    <Note level="warning">
      {run.problem}
      {may('edit') && (
        <Group gap={8} mt={8}>
          <Button size="compact-sm" loading={accept.isPending} onClick={() => accept.mutate()}>
            <Trans>Accept anyway</Trans>
          </Button>
          <Button size="compact-sm" variant="default" loading={decline.isPending} onClick={() => decline.mutate()}>
            <Trans>Leave the catalogue as it is</Trans>
          </Button>
        </Group>
      )}
    </Note>
  )
}

function Run({ run, open }: { run: FeedRun; open: boolean }) {
  const { t } = useLingui()
  const format = useFormat()
  const causes: Record<FeedRun['cause'], string> = {
    schedule: t`by schedule`,
    hand: t`by hand`,
    upload: t`from a file`,
  }
  const seconds =
    run.started_at && run.finished_at
      ? Math.max(0, Math.round((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000))
      : null
  const changes = run.changes
  const said: ReactNode[] = changes
    ? [
        [t`new: ${format.number(changes.added)}`, changes.added],
        [t`changed: ${format.number(changes.changed)}`, changes.changed],
        [t`prices: ${format.number(changes.price_changed)}`, changes.price_changed],
        [t`stock: ${format.number(changes.stock_changed)}`, changes.stock_changed],
        [t`came back: ${format.number(changes.returned)}`, changes.returned],
        [t`gone: ${format.number(changes.gone)}`, changes.gone],
      ].flatMap(([words, count]) => (count ? [words as string] : []))
    : []
  return (
    <li>
      <details open={open}>
        <summary>
          <RunState state={run.state} />
          <span className={css.dim}>
            {said.length > 0 ? said.join(', ') : run.state === 'done' ? t`nothing changed` : run.problem}
          </span>
          <span className={css.dim}>
            <Ago at={run.created_at} />
          </span>
        </summary>
        <p className={css.dim} style={{ marginTop: 0 }}>
          <DateTime at={run.started_at ?? run.created_at} />, {causes[run.cause]}
          {seconds !== null && (
            <>
              , <Trans>took {format.number(seconds)} s</Trans>
            </>
          )}
          {run.bytes !== null && <>, {format.bytes(run.bytes)}</>}
          {run.accepted && (
            <>
              , <Trans>accepted by hand</Trans>
            </>
          )}
        </p>
        {run.problem && run.state !== 'held' && !run.report && <Note level="error">{run.problem}</Note>}
        {run.report && <HealthReport report={run.report} />}
      </details>
    </li>
  )
}

function FeedSettings({ feed }: { feed: Feed }) {
  const { t } = useLingui()
  const may = useAccess()
  const every = useEvery()
  const client = useQueryClient()
  const [name, setName] = useState(feed.name)
  const [url, setUrl] = useState(feed.url ?? '')
  const [login, setLogin] = useState(feed.login ?? '')
  const [password, setPassword] = useState('')
  const [minutes, setMinutes] = useState(String(feed.every_minutes ?? ''))
  const save = useMutation({
    mutationFn: () =>
      updateFeed(feed.id, {
        name: name.trim(),
        url: url.trim(),
        login: login || null,
        every_minutes: minutes ? Number(minutes) : null,
        ...(password && { password }),
        ...(!login && feed.has_password && { password: null }),
      }),
    onSuccess: () => {
      setPassword('')
      void client.invalidateQueries({ queryKey: ['feeds'] })
      notifyDone(t`Saved`)
    },
  })
  const choices = every.some((one) => one.value === minutes)
    ? every
    : [...every, { value: minutes, label: t`every ${minutes} min` }]
  return (
    <Panel title={t`Settings`}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <fieldset disabled={!may('edit')} style={{ border: 0, padding: 0, margin: 0 }}>
          <Stack gap={12}>
            <TextInput label={t`Name`} value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <TextInput
              label={t`Address of the feed`}
              type="url"
              value={url}
              onChange={(event) => setUrl(event.currentTarget.value)}
            />
            <TextInput
              label={t`Login`}
              autoComplete="off"
              value={login}
              onChange={(event) => setLogin(event.currentTarget.value)}
            />
            <SecretInput
              label={t`Password`}
              placeholder={feed.has_password ? t`kept, type to change` : ''}
              autoComplete="new-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Select
              label={t`Load it`}
              allowDeselect={false}
              data={choices}
              value={minutes}
              onChange={(value) => setMinutes(value ?? '')}
            />
            <span className={css.dim}>
              {feed.next_run_at ? (
                <Trans>
                  Next time: <DateTime at={feed.next_run_at} />
                </Trans>
              ) : (
                NOTHING
              )}
            </span>
            {save.error && <ErrorNote error={save.error} />}
            {may('edit') && (
              <Button type="submit" loading={save.isPending} disabled={!name.trim() || !url.trim()}>
                <Trans>Save</Trans>
              </Button>
            )}
          </Stack>
        </fieldset>
      </form>
    </Panel>
  )
}

function DeleteFeed({ feed, onClose }: { feed: Feed; onClose: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const router = useRouter()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => deleteFeed(feed.id),
    onSuccess: () => {
      router.history.push('/catalogue/feeds')
      void client.invalidateQueries({ queryKey: ['feeds'], exact: true })
      void client.invalidateQueries({ queryKey: ['products'] })
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Delete the feed?`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={12}>
        <Trans>
          “{feed.name}” goes with its products ({format.number(feed.products)}) and the history of their prices.
          This cannot be undone.
        </Trans>
        {remove.error && <ErrorNote error={remove.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            <Trans>Delete</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
