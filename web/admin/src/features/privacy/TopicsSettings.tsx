import { Button, Group, Modal, Select, Stack, Switch, Textarea, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../components/DataTable'
import { notifyError, notifyUndo } from '../../components/notify'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote, StateLabel, useErrorText } from '../../components/States'
import { createTopic, topicsQuery, updateTopic } from '../../lib/api/endpoints/privacy'
import type { Topic } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { ChainPanel } from './ChainPanel'
import { PolicyPanel } from './PolicyPanel'

export function TopicsSettings() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const topics = useQuery(topicsQuery)
  const [edited, setEdited] = useState<Topic | 'new' | null>(null)
  const refresh = () => void client.invalidateQueries({ queryKey: topicsQuery.queryKey })
  const archive = useMutation({
    mutationFn: (topic: Topic) => updateTopic(topic.id, { archived: !topic.archived }),
    onSuccess: (_, topic) => {
      refresh()
      if (!topic.archived) {
        notifyUndo(t`“${topic.name}” is put away`, () => {
          void updateTopic(topic.id, { archived: false }).then(refresh)
        })
      }
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const columns: Column<Topic>[] = [
    {
      id: 'name',
      header: t`Name`,
      render: (topic) => (
        <div style={topic.parent_id ? { paddingInlineStart: 20 } : undefined}>
          <span style={{ fontWeight: topic.parent_id ? 400 : 500 }}>{topic.name}</span>
          {topic.description && (
            <div style={{ fontSize: 13, color: 'var(--text-dim)' }}>{topic.description}</div>
          )}
        </div>
      ),
    },
    {
      id: 'state',
      header: t`State`,
      render: (topic) =>
        may('edit') ? (
          <Switch
            label={topic.archived ? t`put away` : t`in use`}
            checked={!topic.archived}
            onChange={() => archive.mutate(topic)}
          />
        ) : (
          <StateLabel tone={topic.archived ? 'dim' : 'good'}>{topic.archived ? t`put away` : t`in use`}</StateLabel>
        ),
    },
    {
      id: 'edit',
      header: '',
      width: 100,
      render: (topic) =>
        may('edit') && (
          <Button variant="subtle" size="compact-sm" onClick={() => setEdited(topic)}>
            <Trans>Edit</Trans>
          </Button>
        ),
    },
  ]
  return (
    <Stack gap={16}>
      <Panel
        title={t`Topics`}
        hint={t`What a person subscribes to. Unsubscribing from a letter ends its topic, not everything.`}
        flush
        actions={
          may('edit') && (
            <Button size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => setEdited('new')}>
              <Trans>Add a topic</Trans>
            </Button>
          )
        }
      >
        <DataTable
          label={t`Topics`}
          columns={columns}
          rows={topics.data && inFamilies(topics.data)}
          rowKey={(topic) => topic.id}
          error={topics.error && <ErrorNote error={topics.error} />}
          empty={
            <Empty title={t`No topics yet`}>
              <Trans>
                Without topics a person can only agree to all letters or to none. Try “New arrivals”, “Tips”,
                “Discounts”.
              </Trans>
            </Empty>
          }
        />
        {edited && (
          <TopicForm
            topic={edited === 'new' ? null : edited}
            parents={(topics.data ?? []).filter((one) => !one.parent_id && !one.archived)}
            onClose={() => setEdited(null)}
            onDone={refresh}
          />
        )}
      </Panel>
      <PolicyPanel />
      <ChainPanel />
    </Stack>
  )
}

/** Topics by name, each followed by its subtopics. */
function inFamilies(topics: Topic[]): Topic[] {
  const known = new Set(topics.map((one) => one.id))
  return topics
    .filter((one) => !one.parent_id || !known.has(one.parent_id))
    .flatMap((one) => [one, ...topics.filter((child) => child.parent_id === one.id)])
}

interface TopicFormProps {
  topic: Topic | null
  parents: Topic[]
  onClose: () => void
  onDone: () => void
}

function TopicForm({ topic, parents, onClose, onDone }: TopicFormProps) {
  const { t } = useLingui()
  const [name, setName] = useState(topic?.name ?? '')
  const [description, setDescription] = useState(topic?.description ?? '')
  const [parent, setParent] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: () => {
      const values = { name: name.trim(), description: description.trim() }
      return topic ? updateTopic(topic.id, values) : createTopic({ ...values, parent_id: parent })
    },
    onSuccess: () => {
      onDone()
      onClose()
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={topic ? t`Topic` : t`New topic`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={12}>
          <TextInput label={t`Name`} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Textarea
            label={t`Description`}
            description={t`The reader sees it on the unsubscribe page.`}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          {!topic && parents.length > 0 && (
            <Select
              label={t`Subtopic of`}
              description={t`Whoever withdraws from the topic withdraws from its subtopics too.`}
              placeholder={t`A topic of its own`}
              clearable
              clearButtonProps={{ 'aria-label': t`A topic of its own` }}
              value={parent}
              data={parents.map((one) => ({ value: one.id, label: one.name }))}
              onChange={setParent}
            />
          )}
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" disabled={!name.trim()} loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
