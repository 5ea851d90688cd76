import { Button, MultiSelect, NumberInput, Radio, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { notifyDone } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { ErrorNote } from '../../../components/States'
import { sendersQuery } from '../../../lib/api/endpoints/channels'
import { createLetter, letterChoicesQuery } from '../../../lib/api/endpoints/content'
import { contentFeedsQuery } from '../../../lib/api/endpoints/contentFeeds'
import { topicsQuery } from '../../../lib/api/endpoints/privacy'
import { updateRegular } from '../../../lib/api/endpoints/regular'
import { segmentChoicesQuery } from '../../../lib/api/endpoints/segments'
import type { RegularMailing } from '../../../lib/api/types'
import { GoalFields } from '../editor/GoalSection'
import { ownLetter } from './ownLetter'
import { PlanFields } from './PlanFields'

type Draft = Pick<
  RegularMailing,
  | 'name'
  | 'plan'
  | 'audience'
  | 'topic_id'
  | 'sender_id'
  | 'letter_id'
  | 'control_share'
  | 'priority'
  | 'feed_ids'
  | 'items_max'
  | 'order'
  | 'rate_per_s'
  | 'goal'
>

const draftOf = (one: RegularMailing): Draft => ({
  name: one.name,
  plan: one.plan,
  audience: one.audience,
  topic_id: one.topic_id,
  sender_id: one.sender_id,
  letter_id: one.letter_id,
  control_share: one.control_share,
  priority: one.priority,
  feed_ids: one.feed_ids,
  items_max: one.items_max,
  order: one.order,
  rate_per_s: one.rate_per_s,
  goal: one.goal,
})

/** Everything that can be changed of a regular mailing, saved together. */
export function Settings({ mailing, isReadOnly }: { mailing: RegularMailing; isReadOnly: boolean }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(mailing))
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }))
  const save = useMutation({
    mutationFn: () => updateRegular(mailing.id, { ...draft, version: mailing.version }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['regular'] })
      notifyDone(t`Saved`)
    },
  })
  const isDirty = JSON.stringify(draft) !== JSON.stringify(draftOf(mailing))
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Stack gap={16}>
        <Panel id="schedule" title={t`Plan`}>
          <Stack gap={12}>
            <TextInput
              label={t`Name`}
              maxLength={200}
              readOnly={isReadOnly}
              value={draft.name}
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
            <PlanFields plan={draft.plan} isReadOnly={isReadOnly} onChange={(plan) => change({ plan })} />
          </Stack>
        </Panel>
        <Filling draft={draft} change={change} isReadOnly={isReadOnly} />
        <Readers draft={draft} change={change} isReadOnly={isReadOnly} />
        <Panel id="goal" title={t`Target action`} hint={t`What people should do after a letter; every run counts it.`}>
          <GoalFields
            goal={draft.goal}
            none={t`None: only openings and clicks`}
            isReadOnly={isReadOnly}
            onChange={(goal) => change({ goal })}
          />
        </Panel>
        {save.error && <ErrorNote error={save.error} />}
        {!isReadOnly && (
          <div>
            <Button type="submit" disabled={!isDirty || !draft.name.trim()} loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </div>
        )}
      </Stack>
    </form>
  )
}

interface PartProps {
  draft: Draft
  change: (part: Partial<Draft>) => void
  isReadOnly: boolean
}

function Filling({ draft, change, isReadOnly }: PartProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const letters = useQuery(letterChoicesQuery)
  const feeds = useQuery(contentFeedsQuery)
  const write = useMutation({
    mutationFn: () =>
      createLetter(
        ownLetter({
          name: t`Letter of “${draft.name}”`,
          // The first item of a reader names the letter.
          subject: '{{ articles[0].title }}',
          preheader: '{{ articles[0].summary | truncate: 90 }}',
          title: t`New for you`,
          button: t`Read on`,
          note: t`You get this letter because you chose to read our news.`,
        }),
      ),
    onSuccess: (letter) => {
      void client.invalidateQueries({ queryKey: ['letters'] })
      change({ letter_id: letter.id })
    },
  })
  return (
    <Panel
      id="letter"
      title={t`Letter and feeds`}
      hint={t`The letter repeats a row over “articles”, or over one feed; each reader sees his own items there.`}
      actions={
        feeds.data?.length === 0 && (
          <Button component={AppLink} href="/letters/feeds" variant="light" size="compact-sm">
            <Trans context="content feed">Add a feed</Trans>
          </Button>
        )
      }
    >
      <Stack gap={12}>
        <Select
          label={t`Letter`}
          placeholder={t`Choose a letter`}
          searchable
          nothingFoundMessage={t`No such letter`}
          disabled={isReadOnly}
          data={(letters.data ?? []).map((letter) => ({ value: letter.id, label: letter.name }))}
          value={draft.letter_id}
          onChange={(letter_id) => change({ letter_id })}
        />
        {write.error && <ErrorNote error={write.error} />}
        {!isReadOnly && !draft.letter_id && (
          <div>
            <Button variant="light" size="compact-sm" loading={write.isPending} onClick={() => write.mutate()}>
              <Trans>Make a letter that repeats over the items</Trans>
            </Button>
          </div>
        )}
        {draft.letter_id && (
          <AppLink href={`/letters/${draft.letter_id}`}>
            <Trans>Open the letter</Trans>
          </AppLink>
        )}
        <MultiSelect
          label={t({ context: 'content feed', message: 'Feeds' })}
          placeholder={draft.feed_ids.length ? '' : t`Choose a feed`}
          readOnly={isReadOnly}
          data={(feeds.data ?? []).map((feed) => ({ value: feed.id, label: feed.name }))}
          value={draft.feed_ids}
          onChange={(feed_ids) => change({ feed_ids })}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing={12}>
          <NumberInput
            label={t`Items in a letter, at most`}
            min={1}
            max={20}
            readOnly={isReadOnly}
            value={draft.items_max}
            onChange={(count) => typeof count === 'number' && count >= 1 && count <= 20 && change({ items_max: count })}
          />
          <Radio.Group
            label={t({ context: 'regular mailing', message: 'Order' })}
            value={draft.order}
            onChange={(order) => change({ order: order as Draft['order'] })}
          >
            <Stack gap={6} mt={6}>
              <Radio value="newest" disabled={isReadOnly} label={t`the newest first`} />
              <Radio value="feed" disabled={isReadOnly} label={t`as in the feeds, feed by feed`} />
            </Stack>
          </Radio.Group>
        </SimpleGrid>
      </Stack>
    </Panel>
  )
}

function Readers({ draft, change, isReadOnly }: PartProps) {
  const { t } = useLingui()
  const segments = useQuery(segmentChoicesQuery)
  const topics = useQuery(topicsQuery)
  const senders = useQuery(sendersQuery)
  const { segment_ids, exclude_segment_ids } = draft.audience
  // Until the names come, the number of a segment is not a thing to show.
  const unnamed = [...segment_ids, ...exclude_segment_ids].map((id) => ({ id, name: '…' }))
  const options = (segments.data ?? unnamed).map(({ id, name }) => ({ value: id, label: name }))
  const priorities: { value: Draft['priority']; label: string }[] = [
    { value: 'low', label: t`Low` },
    { value: 'normal', label: t`Normal` },
    { value: 'high', label: t`High` },
    { value: 'highest', label: t`First of all` },
  ]
  return (
    <Panel id="audience" title={t`Readers and sending`}>
      <Stack gap={12}>
        <MultiSelect
          label={t`Segments`}
          description={t`Everybody who is in at least one of them.`}
          placeholder={segment_ids.length ? '' : t`Choose a segment`}
          searchable
          readOnly={isReadOnly}
          data={options}
          value={segment_ids}
          onChange={(ids) => change({ audience: { ...draft.audience, segment_ids: ids } })}
        />
        <MultiSelect
          label={t`Except`}
          placeholder={exclude_segment_ids.length ? '' : t`Nobody is excluded`}
          searchable
          readOnly={isReadOnly}
          data={options.filter((option) => !segment_ids.includes(option.value))}
          value={exclude_segment_ids}
          onChange={(ids) => change({ audience: { ...draft.audience, exclude_segment_ids: ids } })}
        />
        <Select
          label={t`Topic`}
          description={t`Who agreed to it, or to any topic of the feeds, is a reader; unsubscribing ends this topic.`}
          disabled={isReadOnly}
          placeholder={t`Choose a topic`}
          value={draft.topic_id}
          data={(topics.data ?? [])
            .filter((topic) => !topic.archived || topic.id === draft.topic_id)
            .map((topic) => ({ value: topic.id, label: topic.name }))}
          onChange={(topic_id) => change({ topic_id })}
        />
        <Select
          label={t`Sender`}
          disabled={isReadOnly}
          placeholder={t`Choose a sender`}
          value={draft.sender_id}
          data={(senders.data ?? []).map((sender) => ({
            value: sender.id,
            label: `${sender.name} <${sender.email}>`,
          }))}
          onChange={(sender_id) => change({ sender_id })}
        />
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing={12}>
          <NumberInput
            label={t`Control group, %`}
            description={t`The same people in every run`}
            min={0}
            max={90}
            decimalScale={1}
            readOnly={isReadOnly}
            value={draft.control_share}
            onChange={(share) => typeof share === 'number' && change({ control_share: Math.min(90, Math.max(0, share)) })}
          />
          <Select
            label={t`Priority`}
            description={t`Where people hear only so often`}
            disabled={isReadOnly}
            allowDeselect={false}
            data={priorities}
            value={draft.priority}
            onChange={(priority) => priority && change({ priority: priority as Draft['priority'] })}
          />
          <NumberInput
            label={t`Letters per second, at most`}
            description={t`Empty: as fast as possible`}
            min={1}
            max={10000}
            readOnly={isReadOnly}
            value={draft.rate_per_s ?? ''}
            onChange={(rate) => change({ rate_per_s: typeof rate === 'number' && rate >= 1 ? rate : null })}
          />
        </SimpleGrid>
      </Stack>
    </Panel>
  )
}
