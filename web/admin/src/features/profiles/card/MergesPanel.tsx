import { Button, Group, Modal, Select, Skeleton, Stack } from '@mantine/core'
import { useDebouncedValue, useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyDone, notifyError, notifyUndo } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { ErrorNote, useErrorText } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { mergeProfiles, profileMergesQuery, profilesQuery, undoMerge } from '../../../lib/api/endpoints/profiles'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Card.module.css'

export function useMergeReasons(): Record<string, string> {
  const { t } = useLingui()
  return {
    manual: t`by hand`,
    email: t`same e-mail`,
    phone: t`same phone`,
    identifier: t`same own identifier`,
    identified: t`the visitor gave a name`,
    device: t`same device`,
  }
}

/** Which records became this one, why, and the way back. */
export function MergesPanel({ id }: { id: number }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [merging, { open, close }] = useDisclosure(false)
  const merges = useQuery(profileMergesQuery(id))
  const refresh = () => void client.invalidateQueries({ queryKey: ['profiles'] })
  const reasons = useMergeReasons()
  const undo = useMutation({
    mutationFn: (merge: string) => undoMerge(id, merge),
    onSuccess: () => {
      refresh()
      notifyDone(t`The customers are separate again`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <Panel
      title={t`Merges`}
      actions={
        may('edit') && (
          <Button variant="subtle" size="compact-sm" onClick={open}>
            <Trans>Merge with another</Trans>
          </Button>
        )
      }
    >
      {merges.error && <ErrorNote error={merges.error} retry={() => void merges.refetch()} />}
      {merges.isPending && <Skeleton height={20} />}
      {merges.data?.length === 0 && (
        <span className={css.dim}>
          <Trans>This record was never merged.</Trans>
        </span>
      )}
      <ul className={css.plain}>
        {merges.data?.map((merge) => (
          <li key={merge.id} className={css.between}>
            <span>
              <Trans>
                #{merge.from_id} into #{merge.into_id}
              </Trans>
              <div className={css.dim}>
                {reasons[merge.reason] ?? merge.reason}, <Ago at={merge.merged_at} />
              </div>
            </span>
            {merge.undone_at ? (
              <span className={css.dim}>
                <Trans>undone</Trans>
              </span>
            ) : (
              may('edit') && (
                <Button
                  variant="default"
                  size="compact-sm"
                  loading={undo.isPending && undo.variables === merge.id}
                  onClick={() => undo.mutate(merge.id)}
                >
                  <Trans>Undo the merge</Trans>
                </Button>
              )
            )}
          </li>
        ))}
      </ul>
      {merging && <MergeDialog id={id} onClose={close} onDone={refresh} />}
    </Panel>
  )
}

function MergeDialog({ id, onClose, onDone }: { id: number; onClose: () => void; onDone: () => void }) {
  const { t } = useLingui()
  const [other, setOther] = useState<string | null>(null)
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text, 250)
  const people = useInfiniteQuery(profilesQuery(search ? { search } : {}))
  const merge = useMutation({
    mutationFn: (from: number) => mergeProfiles(id, from),
    onSuccess: (made) => {
      onDone()
      onClose()
      notifyUndo(t`The customers are merged`, () => {
        void undoMerge(id, made.id).then(onDone)
      })
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t`Merge with another customer`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap={12}>
        <Select
          label={t`Who is the same person`}
          description={t`Their events, orders and identifiers come to this card. Of consents the stricter one stays.`}
          placeholder={t`Name, address or phone`}
          data-autofocus
          searchable
          filter={({ options }) => options}
          nothingFoundMessage={t`Nobody found`}
          data={(people.data?.pages[0]?.items ?? [])
            .filter((row) => row.id !== id)
            .map((row) => ({
              value: String(row.id),
              label: `${[row.name, row.email ?? row.phone].filter(Boolean).join(' · ') || '—'} #${row.id}`,
            }))}
          value={other}
          onChange={setOther}
          searchValue={text}
          onSearchChange={setText}
        />
        {merge.error && <ErrorNote error={merge.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button disabled={!other} loading={merge.isPending} onClick={() => merge.mutate(Number(other))}>
            <Trans>Merge</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
