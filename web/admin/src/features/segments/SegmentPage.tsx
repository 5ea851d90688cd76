import { ActionIcon, Button, Group as Row, Menu, Modal, Select, Skeleton, Stack, TextInput } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import {
  IconArchive,
  IconCopy,
  IconDots,
  IconFolder,
  IconHistory,
  IconLink,
  IconListDetails,
  IconRefresh,
  IconSend,
  IconTrash,
} from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useReducer, useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { LineChart } from '../../components/charts/LineChart'
import { useTimeAxis } from '../../components/charts/useTimeAxis'
import { notifyDone, notifyError, notifyUndo } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, Note, useErrorText } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import {
  addListed,
  createSegment,
  deleteSegment,
  foldersQuery,
  freezeSegment,
  refreshSegment,
  segmentHistoryQuery,
  segmentQuery,
  updateSegment,
} from '../../lib/api/endpoints/segments'
import type { Segment } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { Members } from './Members'
import { definitionOf, editedOf, isComplete, reduceEdited, rootOf, sizeOf } from './model/tree'
import { PeopleText } from './NewSegmentPage'
import { Changes } from './overtime/Changes'
import css from './Segment.module.css'
import { Workbench } from './Workbench'

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
  const [edited, dispatch] = useReducer(reduceEdited, segment.definition, editedOf)
  const { root } = edited
  const [isAsked, setAsked] = useState(false)
  const definition = definitionOf(root)
  const isOther =
    isDynamic && JSON.stringify(definition) !== JSON.stringify(definitionOf(rootOf(segment.definition)))
  const isChanged = name !== segment.name || description !== segment.description || isOther
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
      setAsked(false)
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
      <Button
        size="md"
        fullWidth
        disabled={!canSave}
        loading={save.isPending}
        onClick={() => (segment.used_by.length > 0 && isOther ? setAsked(true) : save.mutate())}
      >
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

  const naming = may('edit') && (
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
      {segment.archived_at && (
        <div style={{ marginBottom: 16 }}>
          <Note level="info">
            <Trans>
              In the archive since <DateTime at={segment.archived_at} />: it is not recounted and not offered.
            </Trans>
          </Note>
        </div>
      )}
      {isDynamic ? (
        <Workbench
          edited={edited}
          dispatch={dispatch}
          selfId={segment.id}
          isReadOnly={!may('edit')}
          below={
            <>
              <History segment={segment} />
              <Changes segmentId={segment.id} />
              <Members segment={segment} />
              {naming}
            </>
          }
        >
          {saveButtons}
          <UsedBy segment={segment} />
        </Workbench>
      ) : (
        <div className={css.layout}>
          <div className={css.sections}>
            {may('edit') && <AddPeople segment={segment} />}
            <History segment={segment} />
            <Changes segmentId={segment.id} />
            <Members segment={segment} />
            {naming}
          </div>
          <aside className={css.summary} aria-label={t`Summary`}>
            <StaticCount segment={segment} />
            {saveButtons}
            <UsedBy segment={segment} />
          </aside>
        </div>
      )}
      <Modal opened={isAsked} onClose={() => setAsked(false)} title={t`The segment is in use`}>
        <p style={{ marginTop: 0 }}>
          <Trans>Whoever uses it gets other people from now on:</Trans>
        </p>
        <UsedBy segment={segment} />
        <Row justify="flex-end" mt={16}>
          <Button variant="default" onClick={() => setAsked(false)}>
            <Trans>Cancel</Trans>
          </Button>
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            <Trans>Save anyway</Trans>
          </Button>
        </Row>
      </Modal>
    </Page>
  )
}

/** Adding people to a list by their addresses, phones or ids. */
function AddPeople({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const format = useFormat()
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [kind, setKind] = useState<'auto' | 'email' | 'phone' | 'user_id' | 'profile_id'>('auto')
  const add = useMutation({
    mutationFn: () => addListed(segment.id, { text, kind }),
    onSuccess: () => {
      setText('')
      void client.invalidateQueries({ queryKey: ['segments'] })
    },
  })
  return (
    <Panel title={t`Add people`} hint={t`E-mail addresses, phones or user IDs: one a line, or a file.`}>
      <Stack gap={12}>
        <PeopleText text={text} onChange={setText} />
        <Row gap={8} align="flex-end">
          <Select
            label={t`These are`}
            w={220}
            value={kind}
            data={[
              { value: 'auto', label: t`whatever each looks like` },
              { value: 'email', label: t`e-mail addresses` },
              { value: 'phone', label: t`phones` },
              { value: 'user_id', label: t`user IDs` },
              { value: 'profile_id', label: t`numbers of customers` },
            ]}
            onChange={(value) => value && setKind(value as typeof kind)}
          />
          <Button disabled={!text.trim()} loading={add.isPending} onClick={() => add.mutate()}>
            <Trans>Add to the list</Trans>
          </Button>
        </Row>
        {add.error && <ErrorNote error={add.error} />}
        {add.data && (
          <Note level={add.data.unknown ? 'warning' : 'info'}>
            <Trans>
              People found: {format.number(add.data.found)}. Values that nobody has:{' '}
              {format.number(add.data.unknown)}.
            </Trans>
            {add.data.examples.length > 0 && <div className={css.dim}>{add.data.examples.join(', ')}</div>}
          </Note>
        )}
      </Stack>
    </Panel>
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
    ({ segment: `/segments/${use.id}`, campaign: `/mailings/${use.id}` })[use.kind]
  const campaigns = segment.used_by.filter((use) => use.kind === 'campaign').length
  return (
    <div className={css.dim}>
      {campaigns > 0 ? (
        <Plural value={campaigns} one="Used in # mailing" other="Used in # mailings" />
      ) : (
        <Trans>Used by</Trans>
      )}
      {segment.used_by.map((use) => (
        <div key={use.id}>
          {link(use) ? <AppLink href={link(use) ?? ''}>{use.name}</AppLink> : use.name}
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
  const [isMoving, setMoving] = useState(false)
  const [isFreezing, setFreezing] = useState(false)
  const folders = useQuery(foldersQuery)
  const change = useMutation({
    mutationFn: (given: { folder_id?: string | null; archived?: boolean }) => updateSegment(segment.id, given),
    onSuccess: (saved) => {
      setMoving(false)
      settle(saved)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const share = async () => {
    const url = window.location.origin + window.location.pathname
    try {
      await navigator.clipboard.writeText(url)
      notifyDone(t`The link is in the clipboard`)
    } catch {
      notifyDone(url)
    }
  }
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
            <Menu.Item leftSection={<IconLink size={16} />} onClick={() => void share()}>
              <Trans>Copy the link</Trans>
            </Menu.Item>
            {segment.kind === 'dynamic' && (
              <Menu.Item
                leftSection={<IconCopy size={16} />}
                onClick={() => router.history.push(`/segments/new?from=${segment.id}`)}
              >
                <Trans>Make a copy</Trans>
              </Menu.Item>
            )}
            <Menu.Item leftSection={<IconFolder size={16} />} onClick={() => setMoving(true)}>
              <Trans>Move to a folder</Trans>
            </Menu.Item>
            <Menu.Item
              leftSection={<IconArchive size={16} />}
              disabled={segment.used_by.length > 0 && !segment.archived_at}
              onClick={() => change.mutate({ archived: !segment.archived_at })}
            >
              {segment.archived_at ? t`Take out of the archive` : t`Put into the archive`}
            </Menu.Item>
            {segment.kind === 'dynamic' && (
              <Menu.Item leftSection={<IconHistory size={16} />} onClick={() => setFreezing(true)}>
                <Trans>Keep a past moment as a fixed list</Trans>
              </Menu.Item>
            )}
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
      <Modal opened={isMoving} onClose={() => setMoving(false)} title={t`Move to a folder`}>
        <Select
          label={t`Folder`}
          data-autofocus
          clearable
          clearButtonProps={{ 'aria-label': t`Clear` }}
          placeholder={t`no folder`}
          nothingFoundMessage={t`There are no folders yet; make one in the list of segments.`}
          value={segment.folder_id}
          data={(folders.data ?? []).map((folder) => ({ value: folder.id, label: folder.name }))}
          onChange={(folder_id) => change.mutate({ folder_id })}
        />
      </Modal>
      {isFreezing && <FreezeMoment segment={segment} onClose={() => setFreezing(false)} />}
    </>
  )
}

/** A fixed list of those who were in the segment at one of its past recounts. */
function FreezeMoment({ segment, onClose }: { segment: Segment; onClose: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const router = useRouter()
  const client = useQueryClient()
  const { data } = useQuery(segmentHistoryQuery(segment.id))
  const points = (data ?? []).toReversed()
  const [at, setAt] = useState<string | null>(null)
  const chosen = at ?? points[0]?.at ?? null
  const freeze = useMutation({
    mutationFn: (moment: string) =>
      freezeSegment(segment.id, { at: moment, name: t`${segment.name}, ${format.dateTime(moment)}` }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['segments'] })
      router.history.push(`/segments/${made.id}`)
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Keep a past moment as a fixed list`}>
      <Select
        label={t`Recount`}
        data-autofocus
        searchable
        value={chosen}
        data={[...new Map(points.map((point) => [point.at, point])).values()].map((point) => ({
          value: point.at,
          label: `${format.dateTime(point.at)} · ${format.number(point.size)}`,
        }))}
        onChange={setAt}
      />
      {freeze.error && <ErrorNote error={freeze.error} />}
      <Row justify="flex-end" mt={16}>
        <Button variant="default" onClick={onClose}>
          <Trans>Cancel</Trans>
        </Button>
        <Button disabled={!chosen} loading={freeze.isPending} onClick={() => chosen && freeze.mutate(chosen)}>
          <Trans>Make the list</Trans>
        </Button>
      </Row>
    </Modal>
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
