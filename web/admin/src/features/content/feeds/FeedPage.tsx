import { Badge, Button, Group, Modal, NumberInput, Select, Skeleton, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconRefresh, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { CopyValue } from '../../../components/CopyValue'
import { notifyDone, notifyError } from '../../../components/notify'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote, Note, useErrorText } from '../../../components/States'
import { Ago, DateTime } from '../../../components/Time'
import {
  contentFeedQuery,
  deleteContentFeed,
  feedItemsQuery,
  fetchContentFeed,
  updateContentFeed,
} from '../../../lib/api/endpoints/contentFeeds'
import { topicsQuery } from '../../../lib/api/endpoints/privacy'
import type { ContentFeed, FeedItem, Topic } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Feeds.module.css'
import { FeedState } from './FeedsPage'
import { JsonFieldsForm, NO_FIELDS } from './JsonFieldsForm'
import { MappingPanel } from './MappingPanel'
import { FORMATS, topicChoices, useEvery } from './words'

const route = getRouteApi('/inside/letters/feeds/$id')

export function FeedPage() {
  const { id } = route.useParams()
  const { data, error } = useQuery(contentFeedQuery(id))
  if (error) throw error
  if (!data) return <Skeleton height={320} m={24} />
  return <FeedView key={data.id} feed={data as ContentFeed} />
}

function FeedView({ feed }: { feed: ContentFeed }) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [deleting, { open, close }] = useDisclosure(false)
  const fetchNow = useMutation({
    mutationFn: () => fetchContentFeed(feed.id),
    onSettled: () => void client.invalidateQueries({ queryKey: ['content-feeds'] }),
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <Page
      title={feed.name}
      subtitle={
        <Group gap={12}>
          <FeedState feed={feed} />
          {feed.fresh_at && (
            <span>
              <Trans>
                {feed.format ? FORMATS[feed.format] : ''}, items: {format.number(feed.items)}, read{' '}
                <Ago at={feed.fresh_at} />
              </Trans>
            </span>
          )}
        </Group>
      }
      back={{ href: '/letters/feeds', label: t`Feeds of articles` }}
      actions={
        may('edit') && (
          <>
            <Button leftSection={<IconRefresh size={16} />} loading={fetchNow.isPending} onClick={() => fetchNow.mutate()}>
              <Trans>Fetch now</Trans>
            </Button>
            <Button variant="default" color="red" leftSection={<IconTrash size={16} />} onClick={open}>
              <Trans>Delete</Trans>
            </Button>
          </>
        )
      }
    >
      <div className={css.layout}>
        <div className={css.column}>
          {feed.problem && (
            <Note level="error">
              {feed.problem}{' '}
              <span className={css.dim}>
                <Trans>
                  Since <DateTime at={feed.problem_since} />. What was read before is still shown.
                </Trans>
              </span>
            </Note>
          )}
          {feed.silent && !feed.problem && (
            <Note level="warn">
              <Trans>Nothing new has come for a month. Look whether the address is still the right one.</Trans>
            </Note>
          )}
          <MappingPanel feed={feed} />
          <ItemsPanel feed={feed} />
        </div>
        <div className={css.column}>
          <SettingsPanel feed={feed} />
          {feed.set_aside > 0 && <AsidePanel feed={feed} />}
        </div>
      </div>
      {deleting && <DeleteFeed feed={feed} onClose={close} />}
    </Page>
  )
}

function ItemsPanel({ feed }: { feed: ContentFeed }) {
  const { t } = useLingui()
  const items = useQuery(feedItemsQuery(feed.id, feed.fresh_at))
  const topics = useQuery(topicsQuery)
  const names = new Map(topicChoices((topics.data ?? []) as Topic[]).map((one) => [one.value, one.label]))
  const rows = items.data as FeedItem[] | undefined
  return (
    <Panel title={t`Newest items`}>
      {items.error && <ErrorNote error={items.error} />}
      {rows?.length === 0 && (
        <Empty title={t`Nothing is kept yet`}>
          <Trans>Items appear here as soon as the feed has been read.</Trans>
        </Empty>
      )}
      <ul className={css.items}>
        {rows?.map((item) => (
          <li key={item.id}>
            {item.picture ? (
              <img className={css.picture} src={item.picture} alt="" loading="lazy" referrerPolicy="no-referrer" />
            ) : (
              <span className={css.picture} />
            )}
            <div>
              <a className={css.title} href={item.link} target="_blank" rel="noreferrer noopener">
                {item.title}
              </a>
              {item.summary && <div className={css.summary}>{item.summary}</div>}
              <Group gap={6} mt={4}>
                <span className={css.dim}>
                  <DateTime at={item.published_at ?? item.seen_at} />
                </span>
                {item.categories.map((category) => (
                  <span key={category} className={css.dim}>
                    {category}
                  </span>
                ))}
                {item.topic_ids.map((topic) => (
                  <Badge key={topic} variant="light" tt="none">
                    {names.get(topic) ?? t`a topic put away`}
                  </Badge>
                ))}
                {item.topic_ids.length === 0 && (
                  <Badge variant="light" color="gray" tt="none">
                    {item.everybody ? t`every reader` : t`nobody`}
                  </Badge>
                )}
              </Group>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function AsidePanel({ feed }: { feed: ContentFeed }) {
  const { t } = useLingui()
  const format = useFormat()
  return (
    <Panel title={t`Set aside: ${format.number(feed.set_aside)}`} hint={t`Items of the last file that can't be shown.`}>
      <ul className={css.remarks}>
        {feed.remarks.map((remark, number) => (
          <li key={number}>
            {remark.title && <strong>{remark.title}: </strong>}
            {remark.reason}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function SettingsPanel({ feed }: { feed: ContentFeed }) {
  const { t } = useLingui()
  const may = useAccess()
  const every = useEvery()
  const client = useQueryClient()
  const [name, setName] = useState(feed.name)
  const [url, setUrl] = useState(feed.url)
  const [key, setKey] = useState(feed.key)
  const [minutes, setMinutes] = useState(String(feed.every_minutes))
  const [days, setDays] = useState<string | number>(feed.keep_days)
  const [fields, setFields] = useState(feed.fields ?? NO_FIELDS)
  const given = Object.values(fields).some(Boolean) ? fields : null
  const save = useMutation({
    mutationFn: () =>
      updateContentFeed(feed.id, {
        name: name.trim(),
        every_minutes: Number(minutes),
        keep_days: Number(days),
        ...(key !== feed.key && { key }),
        ...(url.trim() !== feed.url && { url: url.trim() }),
        ...(JSON.stringify(given) !== JSON.stringify(feed.fields) && { fields: given }),
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['content-feeds'] })
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
            <TextInput label={t`Name`} maxLength={120} value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <TextInput
              label={t({ context: 'content feed', message: 'Address of the feed' })}
              type="url"
              value={url}
              onChange={(event) => setUrl(event.currentTarget.value)}
            />
            <TextInput
              label={t`Name in letters`}
              description={t`Small letters, digits and underscores. Letters that use the old name stop showing it.`}
              value={key}
              error={!/^[a-z][a-z0-9_]{0,39}$/.test(key) && t`It begins with a letter.`}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
            <CopyValue name={t`In a letter`} value={`{% for item in feeds.${feed.key} %}{{ item.title }}{% endfor %}`} />
            <Select
              label={t`Fetch it`}
              allowDeselect={false}
              data={choices}
              value={minutes}
              onChange={(value) => setMinutes(value ?? '60')}
            />
            <NumberInput
              label={t`Keep items that left the feed, days`}
              min={7}
              max={730}
              value={days}
              onChange={setDays}
            />
            <JsonFieldsForm value={fields} onChange={setFields} />
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

function DeleteFeed({ feed, onClose }: { feed: ContentFeed; onClose: () => void }) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => deleteContentFeed(feed.id),
    onSuccess: () => {
      router.history.push('/letters/feeds')
      void client.invalidateQueries({ queryKey: ['content-feeds'], exact: true })
    },
  })
  return (
    <Modal opened onClose={onClose} title={t({ context: 'content feed', message: 'Delete the feed?' })} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={12}>
        <Trans>“{feed.name}” goes with its items. Letters that repeat over it show nothing there.</Trans>
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
