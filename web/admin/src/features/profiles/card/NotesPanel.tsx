import { ActionIcon, Button, Group, Skeleton, Textarea } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyError, notifyUndo } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { ErrorNote, useErrorText } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { meQuery } from '../../../lib/api/endpoints/accounts'
import { addNote, changeNote, deleteNote, notesQuery } from '../../../lib/api/endpoints/people'
import type { ProfileNote } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Card.module.css'

const NOTE_MAX = 10_000

/** What colleagues wrote of the person. */
export function NotesPanel({ id }: { id: number }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const notes = useQuery(notesQuery(id))
  const [draft, setDraft] = useState('')
  const mayWrite = may('edit') || may('inbox')
  const settle = () => {
    void client.invalidateQueries({ queryKey: notesQuery(id).queryKey })
    void client.invalidateQueries({ queryKey: ['profiles', id, 'timeline'] })
  }
  const add = useMutation({
    mutationFn: (text: string) => addNote(id, text),
    onSuccess: () => {
      setDraft('')
      settle()
    },
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <Panel title={t`Notes`}>
      {mayWrite && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (draft.trim()) add.mutate(draft)
          }}
        >
          <Textarea
            aria-label={t`New note`}
            placeholder={t`What colleagues should know`}
            autosize
            minRows={1}
            maxRows={8}
            maxLength={NOTE_MAX}
            dir="auto"
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
          {draft.trim() && (
            <Group justify="flex-end" mt={8}>
              <Button type="submit" size="compact-sm" loading={add.isPending}>
                <Trans>Add the note</Trans>
              </Button>
            </Group>
          )}
        </form>
      )}
      {notes.error && <ErrorNote error={notes.error} retry={() => void notes.refetch()} />}
      {!notes.data && !notes.error && <Skeleton height={40} mt={8} />}
      {notes.data?.length === 0 && !mayWrite && (
        <span className={css.dim}>
          <Trans>No notes yet.</Trans>
        </span>
      )}
      <ul className={css.notes}>
        {notes.data?.map((note) => (
          <NoteItem key={note.id} id={id} note={note} onChange={settle} />
        ))}
      </ul>
    </Panel>
  )
}

function NoteItem({ id, note, onChange }: { id: number; note: ProfileNote; onChange: () => void }) {
  const { t } = useLingui()
  const may = useAccess()
  const errorText = useErrorText()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const [text, setText] = useState<string | null>(null)
  const isMine = note.author_id !== null && note.author_id === me?.user.id
  const change = useMutation({
    mutationFn: (next: string) => changeNote(id, note.id, next),
    onSuccess: () => {
      setText(null)
      onChange()
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const remove = useMutation({
    mutationFn: () => deleteNote(id, note.id),
    onSuccess: () => {
      onChange()
      notifyUndo(t`The note is deleted`, () => {
        void addNote(id, note.text).then(onChange)
      })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  if (text !== null) {
    return (
      <li>
        <Textarea
          aria-label={t`Text of the note`}
          autosize
          autoFocus
          maxRows={12}
          maxLength={NOTE_MAX}
          dir="auto"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap={8} mt={8}>
          <Button variant="default" size="compact-sm" onClick={() => setText(null)}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            size="compact-sm"
            disabled={!text.trim()}
            loading={change.isPending}
            onClick={() => change.mutate(text)}
          >
            <Trans>Save</Trans>
          </Button>
        </Group>
      </li>
    )
  }
  return (
    <li>
      <div className={css.noteText} dir="auto">
        {note.text}
      </div>
      <div className={css.between}>
        <span className={css.dim}>
          {note.author || t`API key`}, <Ago at={note.created_at} />
          {note.updated_at && (
            <>
              {', '}
              <Trans>
                changed <Ago at={note.updated_at} />
              </Trans>
            </>
          )}
        </span>
        {(isMine || may('manage')) && (
          <Group gap={4} wrap="nowrap">
            <ActionIcon variant="subtle" aria-label={t`Change the note`} onClick={() => setText(note.text)}>
              <IconPencil size={14} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              aria-label={t`Delete the note`}
              loading={remove.isPending}
              onClick={() => remove.mutate()}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </Group>
        )}
      </div>
    </li>
  )
}
