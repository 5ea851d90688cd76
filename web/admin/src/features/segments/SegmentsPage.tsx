import { ActionIcon, Button, Group, Menu, Modal, Select, Switch, TextInput } from '@mantine/core'
import { plural } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconChevronDown,
  IconFolder,
  IconFolderPlus,
  IconListDetails,
  IconPencil,
  IconPlus,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote, useErrorText } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import {
  createFolder,
  deleteFolder,
  foldersQuery,
  renameFolder,
  segmentsQuery,
} from '../../lib/api/endpoints/segments'
import type { Segment, SegmentFolder } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Segment.module.css'

const route = getRouteApi('/inside/segments')

const SORTS = ['created', 'name', 'size', 'computed'] as const
type Sort = (typeof SORTS)[number]

export function SegmentsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const { q = '', folder, sort, archived } = route.useSearch()
  const navigate = route.useNavigate()
  const order: Sort = SORTS.find((one) => one === sort) ?? 'created'
  const folders = useQuery(foldersQuery)
  const list = useInfiniteQuery(
    segmentsQuery({
      ...(q && { search: q }),
      ...(folder && { folder_id: folder }),
      ...(archived && { archived: true }),
      sort: order,
    }),
  )
  const search = (change: Partial<Record<'q' | 'folder' | 'sort' | 'archived', string | undefined>>) =>
    void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const folderName = new Map((folders.data ?? []).map((one) => [one.id, one.name]))
  const columns: Column<Segment>[] = [
    { id: 'name', header: t`Name`, render: (row) => row.name },
    ...(folder || !folders.data?.length
      ? []
      : [
          {
            id: 'folder',
            header: t`Folder`,
            hide: 'md' as const,
            render: (row: Segment) => (row.folder_id && folderName.get(row.folder_id)) || NOTHING,
          },
        ]),
    {
      id: 'kind',
      header: t`Kind`,
      hide: 'sm',
      render: (row) => (row.kind === 'dynamic' ? t`by conditions` : t`fixed list`),
    },
    {
      id: 'count',
      header: t`People`,
      align: 'right',
      render: (row) => (row.count === null ? NOTHING : format.number(row.count)),
    },
    { id: 'as_of', header: t`As of`, hide: 'sm', render: (row) => <Ago at={row.computed_at} /> },
    {
      id: 'used',
      header: t`Used by`,
      hide: 'md',
      render: (row) =>
        row.used_by.length > 2
          ? plural(row.used_by.length, { one: '# place', other: '# places' })
          : row.used_by.map((use) => use.name).join(', ') || NOTHING,
    },
    {
      id: 'took',
      header: t`Counted in`,
      align: 'right',
      hide: 'md',
      extra: true,
      render: (row) => (row.took_ms === null ? NOTHING : t`${format.number(row.took_ms)} ms`),
    },
    { id: 'created', header: t`Created`, hide: 'md', extra: true, render: (row) => <DateTime at={row.created_at} /> },
  ]
  return (
    <Page
      title={t`Segments`}
      actions={
        <>
          <Button component={AppLink} variant="default" href="/segments/flows">
            <Trans>Flows</Trans>
          </Button>
          <Button component={AppLink} variant="default" href="/segments/overlap">
            <Trans>Overlap</Trans>
          </Button>
          {may('edit') && <NewSegmentButton folder={folder} />}
        </>
      }
    >
      <Panel flush>
        <Folders folder={folder} folders={folders.data ?? []} onChoose={(id) => search({ folder: id })} />
        <DataTable
          label={t`Segments`}
          storeKey="segments"
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.id}
          href={(row) => `/segments/${row.id}`}
          total={list.data?.pages[0]?.total ?? null}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <Group gap={8}>
              <SearchInput
                placeholder={t`Find a segment`}
                value={q}
                onChange={(text) => search({ q: text || undefined })}
              />
              <Select
                aria-label={t`Order of the list`}
                w={190}
                value={order}
                data={[
                  { value: 'created', label: t`newest first` },
                  { value: 'name', label: t`by name` },
                  { value: 'size', label: t`largest first` },
                  { value: 'computed', label: t`recounted lately first` },
                ]}
                onChange={(value) => search({ sort: value === 'created' || !value ? undefined : value })}
              />
              <Switch
                label={t`Archived`}
                checked={Boolean(archived)}
                onChange={(event) => search({ archived: event.currentTarget.checked ? '1' : undefined })}
              />
            </Group>
          }
          empty={
            archived && !q ? (
              <Empty title={t`The archive is empty`}>
                <Trans>Segments that are no longer needed can be put here; they are not recounted.</Trans>
              </Empty>
            ) : folder && !q ? (
              <Empty title={t`The folder is empty`} action={may('edit') && <NewSegmentButton folder={folder} />}>
                <Trans>Make a segment here, or move one here from its own page.</Trans>
              </Empty>
            ) : q ? (
              <Empty title={t`No segment fits`}>
                <Trans>Try another part of the name.</Trans>
              </Empty>
            ) : (
              <Empty title={t`No segments yet`} action={may('edit') && <NewSegmentButton />}>
                <Trans>
                  A segment is a part of your customers that fits conditions, such as “bought at least 3
                  times, but not in the last 60 days”. It recounts itself.
                </Trans>
              </Empty>
            )
          }
        />
      </Panel>
    </Page>
  )
}

interface FoldersProps {
  folder: string | undefined
  folders: SegmentFolder[]
  onChoose: (id: string | undefined) => void
}

/** The folders in a row: one click shows what is in it. */
function Folders({ folder, folders, onChoose }: FoldersProps) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [editing, setEditing] = useState<{ id: string | null; name: string } | null>(null)
  const refresh = () => void client.invalidateQueries({ queryKey: ['segments'] })
  const save = useMutation({
    mutationFn: async (given: { id: string | null; name: string }) => {
      if (given.id) await renameFolder(given.id, given.name)
      else await createFolder(given.name)
    },
    onSuccess: () => {
      setEditing(null)
      refresh()
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const remove = useMutation({
    mutationFn: deleteFolder,
    onSuccess: () => {
      onChoose(undefined)
      refresh()
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const chosen = folders.find((one) => one.id === folder)
  if (!folders.length && !may('edit')) return null
  return (
    <div className={css.folders} role="group" aria-label={t`Folders`}>
      {folders.length > 0 && (
        <Button
          size="compact-sm"
          variant={folder ? 'subtle' : 'light'}
          aria-pressed={!folder}
          onClick={() => onChoose(undefined)}
        >
          <Trans>All segments</Trans>
        </Button>
      )}
      {folders.map((one) => (
        <Button
          key={one.id}
          size="compact-sm"
          variant={one.id === folder ? 'light' : 'subtle'}
          aria-pressed={one.id === folder}
          leftSection={<IconFolder size={14} />}
          onClick={() => onChoose(one.id)}
        >
          {one.name} · {one.segments}
        </Button>
      ))}
      {may('edit') && (
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          leftSection={<IconFolderPlus size={14} />}
          onClick={() => setEditing({ id: null, name: '' })}
        >
          <Trans>Folder</Trans>
        </Button>
      )}
      {chosen && may('edit') && (
        <>
          <ActionIcon
            size={32}
            aria-label={t`Rename the folder`}
            onClick={() => setEditing({ id: chosen.id, name: chosen.name })}
          >
            <IconPencil size={16} />
          </ActionIcon>
          <ActionIcon
            size={32}
            aria-label={t`Delete the folder`}
            loading={remove.isPending}
            onClick={() => remove.mutate(chosen.id)}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </>
      )}
      <Modal
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing?.id ? t`Rename the folder` : t`New folder`}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (editing?.name.trim()) save.mutate({ ...editing, name: editing.name.trim() })
          }}
        >
          <TextInput
            label={t`Name of the folder`}
            data-autofocus
            maxLength={100}
            value={editing?.name ?? ''}
            onChange={(event) => setEditing(editing && { ...editing, name: event.currentTarget.value })}
          />
          <Group justify="flex-end" mt={12}>
            <Button variant="default" onClick={() => setEditing(null)}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" disabled={!editing?.name.trim()} loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </form>
      </Modal>
    </div>
  )
}

function NewSegmentButton({ folder }: { folder?: string | undefined }) {
  const { t } = useLingui()
  const router = useRouter()
  const inFolder = folder ? `folder=${folder}` : ''
  return (
    <Menu>
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} />} rightSection={<IconChevronDown size={14} />}>
          <Trans>New segment</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconRefresh size={16} />}
          onClick={() => router.history.push(inFolder ? `/segments/new?${inFolder}` : '/segments/new')}
        >
          {t`By conditions, recounts itself`}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconListDetails size={16} />}
          onClick={() => router.history.push(`/segments/new?kind=static${inFolder && `&${inFolder}`}`)}
        >
          {t`A fixed list`}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
