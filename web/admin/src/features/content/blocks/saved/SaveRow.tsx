import { Button, Group, Popover, Select, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconBookmark } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { notifyDone } from '../../../../components/notify'
import { ErrorNote } from '../../../../components/States'
import { changeSavedBlock, createSavedBlock, savedBlocksQuery } from '../../../../lib/api/endpoints/blocks'
import type { Row } from '../core/document'
import { useEditorContext } from '../EditorContext'
import css from '../settings/Settings.module.css'

/** Keeps a row for other letters, as a new saved block or instead of one that there is. */
export function SaveRow({ row }: { row: Row }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState('')
  const [insteadOf, setInsteadOf] = useState<string | null>(null)
  const { saved } = useEditorContext()
  const replaced = saved.find(({ id }) => id === insteadOf)
  const save = useMutation({
    mutationFn: () =>
      replaced
        ? changeSavedBlock(replaced.id, { name: replaced.name, row })
        : createSavedBlock({ name: name.trim(), row }),
    onSuccess: ({ name: kept }) => {
      void client.invalidateQueries({ queryKey: savedBlocksQuery.queryKey })
      void client.invalidateQueries({ queryKey: ['letters', 'preview'] })
      notifyDone(t`“${kept}” is kept among the saved blocks`)
      setOpen(false)
      setName('')
      setInsteadOf(null)
    },
  })
  if (row.columns.some(({ blocks }) => blocks.some(({ kind }) => kind === 'saved'))) {
    return (
      <p className={css.hint}>
        <Trans>A row with a saved block cannot be saved once more.</Trans>
      </p>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (replaced || name.trim()) save.mutate()
  }
  return (
    <Popover opened={isOpen} onChange={setOpen} trapFocus returnFocus shadow="md" width={300} position="top">
      <Popover.Target>
        <Button fullWidth variant="default" leftSection={<IconBookmark size={16} />} onClick={() => setOpen(!isOpen)}>
          <Trans>Save for other letters</Trans>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit}>
          <Stack gap={8}>
            <TextInput
              label={t`Name`}
              data-autofocus
              maxLength={120}
              disabled={replaced !== undefined}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            {saved.length > 0 && (
              <Select
                label={t`Or instead of`}
                description={t`It then changes in all drafts that have it.`}
                placeholder={t`a new one`}
                clearable
                comboboxProps={{ withinPortal: false }}
                data={saved.map((one) => ({ value: one.id, label: one.name }))}
                value={insteadOf}
                onChange={setInsteadOf}
              />
            )}
            {save.error && <ErrorNote error={save.error} />}
            <Group justify="flex-end">
              <Button type="submit" disabled={!replaced && !name.trim()} loading={save.isPending}>
                <Trans>Save</Trans>
              </Button>
            </Group>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
