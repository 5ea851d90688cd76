import { Button, Group, MultiSelect, Radio, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { notifyDone } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { ErrorNote } from '../../../components/States'
import { feedCategoriesQuery, updateContentFeed } from '../../../lib/api/endpoints/contentFeeds'
import { topicsQuery } from '../../../lib/api/endpoints/privacy'
import type { ContentFeed, Topic } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Feeds.module.css'
import { topicChoices } from './words'

/** Which categories of a feed are for the readers of which topics. */
export function MappingPanel({ feed }: { feed: ContentFeed }) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const client = useQueryClient()
  const topics = useQuery(topicsQuery)
  const categories = useQuery(feedCategoriesQuery(feed.id, feed.fresh_at))
  const [changed, setChanged] = useState<Record<string, string[]>>({})
  const [unmapped, setUnmapped] = useState(feed.unmapped)
  const [added, setAdded] = useState<string[]>([])
  const [name, setName] = useState('')
  const rows = [
    ...(categories.data ?? []).map((one) => ({ category: one.category, items: one.items, kept: one.topic_ids })),
    ...added.map((category) => ({ category, items: 0, kept: [] as string[] })),
  ]
  const topicsOf = (row: { category: string; kept: string[] }) => changed[row.category] ?? row.kept
  const save = useMutation({
    mutationFn: () =>
      updateContentFeed(feed.id, {
        unmapped,
        topics: rows
          .map((row) => ({ category: row.category, topic_ids: topicsOf(row) }))
          .filter((row) => row.topic_ids.length > 0),
      }),
    onSuccess: () => {
      setChanged({})
      setAdded([])
      void client.invalidateQueries({ queryKey: ['content-feeds'] })
      notifyDone(t`Saved`)
    },
  })
  const choices = topicChoices((topics.data ?? []) as Topic[])
  const isReadOnly = !may('edit')
  const isDirty = Object.keys(changed).length > 0 || unmapped !== feed.unmapped
  return (
    <Panel
      title={t`Whom it is for`}
      hint={t`A reader gets the items whose category belongs to a topic that he agreed to.`}
      actions={
        topics.data?.length === 0 && (
          <Button component={AppLink} href="/settings/topics" variant="light" size="compact-sm">
            <Trans>Make topics</Trans>
          </Button>
        )
      }
    >
      <Stack gap={12}>
        {categories.error && <ErrorNote error={categories.error} />}
        {rows.length > 0 && (
          <table className={css.mapping}>
            <thead>
              <tr>
                <th scope="col">
                  <Trans>Category of the feed</Trans>
                </th>
                <th scope="col">
                  <Trans>Topics of readers</Trans>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.category}>
                  <td style={{ width: '40%' }}>
                    {row.category} <span className={css.dim}>{format.number(row.items)}</span>
                  </td>
                  <td>
                    <MultiSelect
                      aria-label={t`Topics of “${row.category}”`}
                      placeholder={topicsOf(row).length === 0 ? t`by the rule below` : ''}
                      searchable
                      readOnly={isReadOnly}
                      data={choices}
                      value={topicsOf(row)}
                      onChange={(ids) => setChanged({ ...changed, [row.category]: ids })}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {!isReadOnly && (
          <Group gap={8} align="flex-end">
            <TextInput
              label={t`Another category`}
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button
              variant="default"
              leftSection={<IconPlus size={14} />}
              disabled={!name.trim() || rows.some((row) => row.category.toLowerCase() === name.trim().toLowerCase())}
              onClick={() => {
                setAdded([...added, name.trim()])
                setName('')
              }}
            >
              <Trans>Add</Trans>
            </Button>
          </Group>
        )}
        <Radio.Group
          label={t`Items of other categories are shown to`}
          value={unmapped}
          onChange={(value) => setUnmapped(value as ContentFeed['unmapped'])}
        >
          <Group gap={16} mt={6}>
            <Radio value="everybody" label={t`every reader`} disabled={isReadOnly} />
            <Radio value="nobody" label={t`nobody`} disabled={isReadOnly} />
          </Group>
        </Radio.Group>
        {save.error && <ErrorNote error={save.error} />}
        {!isReadOnly && (
          <div>
            <Button disabled={!isDirty} loading={save.isPending} onClick={() => save.mutate()}>
              <Trans>Save</Trans>
            </Button>
          </div>
        )}
      </Stack>
    </Panel>
  )
}
