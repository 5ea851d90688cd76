import { ActionIcon, Button, Menu, Modal, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
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
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { notifyDone, notifyError, notifyUndo } from '../../components/notify'
import { useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import {
  createSegment,
  deleteSegment,
  foldersQuery,
  refreshSegment,
  updateSegment,
} from '../../lib/api/endpoints/segments'
import type { Segment } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { FreezeMoment } from './FreezeMoment'
import css from './Segment.module.css'
import { isNeeded } from './UsedBy'

/** What can be done with a saved segment. */
export function SegmentActions({ segment, settle }: { segment: Segment; settle: (saved: Segment) => void }) {
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
              disabled={isNeeded(segment) && !segment.archived_at}
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
              disabled={isNeeded(segment)}
              onClick={() => remove.mutate()}
            >
              {isNeeded(segment) ? t`In use, cannot be deleted` : t`Delete`}
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
