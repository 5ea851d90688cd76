import { ActionIcon, Button, Menu, Skeleton, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDots, IconListDetails, IconRefresh, IconSend, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useReducer, useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { LineChart } from '../../components/charts/LineChart'
import { useTimeAxis } from '../../components/charts/useTimeAxis'
import { notifyError, notifyUndo } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, Note, useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import {
  createSegment,
  deleteSegment,
  refreshSegment,
  segmentHistoryQuery,
  segmentQuery,
  updateSegment,
} from '../../lib/api/endpoints/segments'
import type { Segment } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { GroupEditor } from './builder/Builder'
import { Members } from './Members'
import { definitionOf, isComplete, reduce, rootOf, sizeOf } from './model/tree'
import css from './Segment.module.css'
import { SegmentSummary } from './SegmentSummary'
import { Why } from './Why'

const route = getRouteApi('/inside/segments/$id')

export function SegmentPage() {
  const { id } = route.useParams()
  const { data: segment, error } = useQuery(segmentQuery(id))
  if (error) throw error
  if (!segment) return <Skeleton height={320} m={24} />
  return <SegmentEditor key={segment.id} segment={segment} />
}

function SegmentEditor({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const isDynamic = segment.kind === 'dynamic'
  const [name, setName] = useState(segment.name)
  const [description, setDescription] = useState(segment.description)
  const [root, dispatch] = useReducer(reduce, segment.definition, rootOf)
  const definition = definitionOf(root)
  const isChanged =
    name !== segment.name ||
    description !== segment.description ||
    (isDynamic && JSON.stringify(definition) !== JSON.stringify(definitionOf(rootOf(segment.definition))))
  const settle = (saved: Segment) => {
    client.setQueryData(segmentQuery(segment.id).queryKey, saved)
    void client.invalidateQueries({ queryKey: ['segments'] })
  }
  const save = useMutation({
    mutationFn: () =>
      updateSegment(segment.id, {
        name: name.trim(),
        description,
        ...(isDynamic && { definition }),
      }),
    onSuccess: (saved) => {
      const before = segment
      settle(saved)
      notifyUndo(t`The segment is saved`, () => {
        void updateSegment(before.id, {
          name: before.name,
          description: before.description,
          ...(isDynamic && { definition: before.definition }),
        }).then((back) => {
          settle(back)
          setName(back.name)
          setDescription(back.description)
          dispatch({ do: 'reset', root: rootOf(back.definition) })
        })
      })
    },
  })
  const canSave = isChanged && name.trim() !== '' && (!isDynamic || (sizeOf(root) > 0 && isComplete(root)))

  const saveButtons = may('edit') && (
    <>
      {save.error && <ErrorNote error={save.error} />}
      <Button size="md" fullWidth disabled={!canSave} loading={save.isPending} onClick={() => save.mutate()}>
        {isChanged ? <Trans>Save the changes</Trans> : <Trans>Saved</Trans>}
      </Button>
      {isChanged && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => {
            setName(segment.name)
            setDescription(segment.description)
            dispatch({ do: 'reset', root: rootOf(segment.definition) })
          }}
        >
          <Trans>Back to the saved one</Trans>
        </Button>
      )}
    </>
  )

  return (
    <Page
      title={segment.name}
      subtitle={segment.description || undefined}
      back={{ href: '/segments', label: t`Segments` }}
      actions={<Actions segment={segment} settle={settle} />}
    >
      {segment.problem && (
        <div style={{ marginBottom: 16 }}>
          <Note level="warning">
            <Trans>
              The latest recount did not succeed ({segment.problem}); the figures are older. It will be
              tried again.
            </Trans>
          </Note>
        </div>
      )}
      <div className={css.layout}>
        <div className={css.sections}>
          {isDynamic && (
            <Panel title={t`Conditions`}>
              <GroupEditor
                group={root}
                path={[]}
                dispatch={dispatch}
                selfId={segment.id}
                isReadOnly={!may('edit')}
              />
            </Panel>
          )}
          <History segment={segment} />
          <Members segment={segment} />
          {isDynamic && <Why segment={segment} />}
          {may('edit') && (
            <Panel title={t`Name and purpose`}>
              <Stack gap={12}>
                <TextInput
                  label={t`Name`}
                  maw={480}
                  value={name}
                  error={name.trim() ? undefined : t`A segment needs a name`}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <TextInput
                  label={t`What it is for`}
                  maw={480}
                  value={description}
                  onChange={(event) => setDescription(event.currentTarget.value)}
                />
              </Stack>
            </Panel>
          )}
        </div>
        {isDynamic ? (
          <SegmentSummary root={root}>
            {saveButtons}
            <UsedBy segment={segment} />
          </SegmentSummary>
        ) : (
          <aside className={css.summary} aria-label={t`Summary`}>
            <StaticCount segment={segment} />
            {saveButtons}
            <UsedBy segment={segment} />
          </aside>
        )}
      </div>
    </Page>
  )
}

function StaticCount({ segment }: { segment: Segment }) {
  const format = useFormat()
  return (
    <div>
      <div className={css.big}>{format.number(segment.count)}</div>
      <div className={css.dim}>
        <Trans>people in the list, changed only by hand</Trans>
      </div>
    </div>
  )
}

function UsedBy({ segment }: { segment: Segment }) {
  if (segment.used_by.length === 0) return null
  const link = (use: Segment['used_by'][number]) =>
    use.kind === 'segment' ? `/segments/${use.id}` : `/mailings/${use.id}`
  return (
    <div className={css.dim}>
      <Trans>Used by</Trans>
      {segment.used_by.map((use) => (
        <div key={use.id}>
          <AppLink href={link(use)}>{use.name}</AppLink>
        </div>
      ))}
    </div>
  )
}

function Actions({ segment, settle }: { segment: Segment; settle: (saved: Segment) => void }) {
  const { t } = useLingui()
  const may = useAccess()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const refresh = useMutation({
    mutationFn: () => refreshSegment(segment.id),
    onSuccess: settle,
    onError: (error) => notifyError(errorText(error)),
  })
  const remove = useMutation({
    mutationFn: () => deleteSegment(segment.id),
    onSuccess: () => {
      router.history.push('/segments')
      void client.invalidateQueries({ queryKey: ['segments'] })
      if (segment.kind === 'static') return
      notifyUndo(t`“${segment.name}” is deleted`, () => {
        const { name, description, kind, definition } = segment
        void createSegment({ name, description, kind, definition }).then((made) => {
          void client.invalidateQueries({ queryKey: ['segments'] })
          router.history.push(`/segments/${made.id}`)
        })
      })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const freeze = useMutation({
    mutationFn: () =>
      createSegment({
        name: t`${segment.name} (list)`,
        description: segment.description,
        kind: 'static',
        definition: segment.definition,
      }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['segments'] })
      router.history.push(`/segments/${made.id}`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <>
      {segment.kind === 'dynamic' && (
        <>
          <span className={css.dim}>
            <Trans>
              Recounted <Ago at={segment.computed_at} />
            </Trans>
          </span>
          {may('edit') && (
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} />}
              loading={refresh.isPending}
              onClick={() => refresh.mutate()}
            >
              <Trans>Recount</Trans>
            </Button>
          )}
        </>
      )}
      {may('edit') && (
        <Menu>
          <Menu.Target>
            <ActionIcon size={32} aria-label={t`More actions`}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconSend size={16} />}
              onClick={() => router.history.push('/mailings/new')}
            >
              <Trans>New mailing</Trans>
            </Menu.Item>
            {segment.kind === 'dynamic' && (
              <Menu.Item leftSection={<IconListDetails size={16} />} onClick={() => freeze.mutate()}>
                <Trans>Keep these people as a fixed list</Trans>
              </Menu.Item>
            )}
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} />}
              disabled={segment.used_by.length > 0}
              onClick={() => remove.mutate()}
            >
              {segment.used_by.length > 0 ? t`In use, cannot be deleted` : t`Delete`}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  )
}

function History({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const format = useFormat()
  const timeAxis = useTimeAxis()
  const { data } = useQuery(segmentHistoryQuery(segment.id))
  return (
    <Panel title={t`Size over time`}>
      {!data ? (
        <Skeleton height={180} />
      ) : data.length < 2 ? (
        <Empty title={t`No history yet`}>
          <Trans>The size is noted at each recount.</Trans>
        </Empty>
      ) : (
        <LineChart
          label={t`Size of the segment from ${format.number(data[0]?.size)} to ${format.number(data.at(-1)?.size)}`}
          height={180}
          wholeNumbers
          lines={[
            {
              name: segment.name,
              color: '--accent',
              area: true,
              step: true,
              points: data.map((point) => [point.at, point.size]),
            },
          ]}
          formatValue={format.number}
          {...timeAxis}
        />
      )}
    </Panel>
  )
}
