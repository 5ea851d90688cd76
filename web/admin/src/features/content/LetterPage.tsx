import { ActionIcon, Button, Menu, SegmentedControl, Skeleton, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue, useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconAlertTriangle, IconCopy, IconDots, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type FocusEvent, lazy, Suspense, useMemo, useRef, useState } from 'react'

import { notifyError, notifyUndo } from '../../components/notify'
import { Page } from '../../components/Page'
import { SaveState } from '../../components/SaveState'
import { ErrorNote, useErrorText } from '../../components/States'
import {
  createLetter,
  deleteLetter,
  letterPreviewQuery,
  letterQuery,
  updateLetter,
} from '../../lib/api/endpoints/content'
import type { Letter, LetterInput, LetterProblem } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { useAutosave } from '../../lib/hooks/useAutosave'
import type { CodeEditorHandle } from './editor/CodeEditor'
import css from './editor/Letter.module.css'
import { Preview } from './editor/Preview'
import { TestDialog } from './editor/TestDialog'
import { Variables } from './editor/Variables'

const CodeEditor = lazy(() => import('./editor/CodeEditor'))
const route = getRouteApi('/inside/letters/$id')

export function LetterPage() {
  const { id } = route.useParams()
  const { data: letter, error } = useQuery(letterQuery(id))
  if (error) throw error
  if (!letter) return <Skeleton height={480} m={24} />
  return <LetterEditor key={letter.id} letter={letter} />
}

const inputOf = ({ name, kind, subject, preheader, source, text }: Letter): LetterInput => ({
  name,
  kind,
  subject,
  preheader,
  source,
  text,
})

/** What a preview depends on: all but the name. */
const contentOf = ({ name: _name, ...content }: LetterInput): Omit<LetterInput, 'name'> => content

function LetterEditor({ letter }: { letter: Letter }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const isReadOnly = !may('edit')
  const [draft, setDraft] = useState(() => inputOf(letter))
  const [savedAt, setSavedAt] = useState(letter.updated_at)
  const [part, setPart] = useState<'source' | 'text'>('source')
  const [profileId, setProfileId] = useState<number | null>(null)
  const [testing, { open, close }] = useDisclosure(false)
  const editor = useRef<CodeEditorHandle>(null)
  /** The line or the text that had the cursor last; null: the source. */
  const writing = useRef<{ field: 'subject' | 'preheader' | 'text'; input: HTMLInputElement | HTMLTextAreaElement } | null>(null)
  const saving = useAutosave<Partial<LetterInput>>(async (change) => {
    const saved = await updateLetter(letter.id, change)
    client.setQueryData(letterQuery(letter.id).queryKey, saved)
    setSavedAt(saved.updated_at)
  }, 700)
  const change = (next: Partial<LetterInput>) => {
    setDraft((old) => ({ ...old, ...next }))
    saving.change(next)
  }
  const content = useMemo(() => contentOf(draft), [draft])
  const [shown] = useDebouncedValue(content, 200)
  const preview = useQuery(letterPreviewQuery(shown, profileId))
  const problems = preview.data?.problems ?? NO_PROBLEMS
  const goTo = (problem: LetterProblem) => {
    if (problem.part === 'text') setPart('text')
    if (problem.part === 'source' && problem.line !== null) {
      setPart('source')
      editor.current?.goTo(problem.line)
    }
  }
  const insert = (snippet: string) => {
    const place = writing.current
    if (!place?.input.isConnected) {
      editor.current?.insert(snippet)
      return
    }
    const { field, input } = place
    const text = draft[field] ?? ''
    const start = input.selectionStart ?? text.length
    const end = input.selectionEnd ?? start
    // A subject and a preheader are one line.
    const added = field === 'text' ? snippet : snippet.replace(/\n/g, ' ')
    change({ [field]: text.slice(0, start) + added + text.slice(end) })
    window.requestAnimationFrame(() => {
      input.focus()
      input.setSelectionRange(start + added.length, start + added.length)
    })
  }
  const remember = (field: 'subject' | 'preheader' | 'text') => ({
    onFocus: (event: FocusEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      writing.current = { field, input: event.currentTarget }
    },
  })
  const fieldError = (field: string) =>
    problems.find((problem) => problem.part === field && problem.level === 'error')?.message

  return (
    <Page
      title={draft.name || t`Untitled`}
      back={{ href: '/letters', label: t`Letters` }}
      heading={
        <input
          className={css.title}
          aria-label={t`Name of the letter`}
          placeholder={t`Name of the letter`}
          readOnly={isReadOnly}
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
      }
      subtitle={<SaveState state={saving.state} at={savedAt} />}
      actions={
        !isReadOnly && (
          <>
            <Button variant="default" onClick={() => void saving.flush().then(open)}>
              <Trans>Send a test</Trans>
            </Button>
            <LetterMenu letter={letter} draft={draft} />
          </>
        )
      }
    >
      {saving.state === 'failed' && (
        <div style={{ marginBottom: 12 }}>
          <ErrorNote error={saving.error} retry={() => void saving.flush()} />
        </div>
      )}
      <div className={css.page}>
        <div className={css.fields}>
          <TextInput
            label={t`Subject`}
            disabled={isReadOnly}
            value={draft.subject}
            {...remember('subject')}
            error={fieldError('subject')}
            onChange={(event) => change({ subject: event.currentTarget.value })}
          />
          <TextInput
            label={t`Preheader`}
            placeholder={t`The line that mail programs show after the subject`}
            disabled={isReadOnly}
            value={draft.preheader}
            {...remember('preheader')}
            error={fieldError('preheader')}
            onChange={(event) => change({ preheader: event.currentTarget.value })}
          />
        </div>
        <div className={css.work}>
          <section className={css.pane} aria-label={t`Source`}>
            <div className={css.bar}>
              <SegmentedControl
                aria-label={t`Part of the letter`}
                value={part}
                onChange={(value) => setPart(value as 'source' | 'text')}
                data={[
                  { value: 'source', label: draft.kind.toUpperCase() },
                  { value: 'text', label: t`Plain text` },
                ]}
              />
              {!isReadOnly && <Variables profileId={profileId} onInsert={insert} />}
            </div>
            <div
              className={css.grow}
              onFocus={() => (writing.current = null)}
              style={part === 'source' ? undefined : { display: 'none' }}
            >
              <Suspense fallback={<Skeleton height="100%" />}>
                <CodeEditor
                  ref={editor}
                  label={t`Source of the letter`}
                  value={draft.source}
                  isReadOnly={isReadOnly}
                  problems={problems.filter((problem) => problem.part === 'source')}
                  onChange={(source) => change({ source })}
                />
              </Suspense>
            </div>
            {part === 'text' && (
              <div className={css.grow} style={{ padding: 12 }}>
                <Textarea
                  aria-label={t`Plain text of the letter`}
                  description={t`For those who do not see HTML. Empty: made from the letter itself.`}
                  placeholder={preview.data?.text}
                  autosize
                  minRows={14}
                  disabled={isReadOnly}
                  value={draft.text}
                  {...remember('text')}
                  onChange={(event) => change({ text: event.currentTarget.value })}
                />
              </div>
            )}
            <Problems problems={problems} onOpen={goTo} />
          </section>
          <Preview
            preview={preview.data}
            error={preview.error}
            isStale={preview.isPlaceholderData}
            profileId={profileId}
            onProfile={setProfileId}
          />
        </div>
      </div>
      {testing && <TestDialog letterId={letter.id} profileId={profileId} onClose={close} />}
    </Page>
  )
}

const NO_PROBLEMS: LetterProblem[] = []

function Problems({ problems, onOpen }: { problems: LetterProblem[]; onOpen: (problem: LetterProblem) => void }) {
  const { t } = useLingui()
  if (problems.length === 0) return null
  const parts: Record<string, string> = {
    subject: t`subject`,
    preheader: t`preheader`,
    text: t`plain text`,
  }
  return (
    <ul className={css.problems} aria-label={t`Problems`}>
      {problems.map((problem, index) => (
        <li key={index} data-level={problem.level}>
          <button type="button" data-line={problem.line !== null} onClick={() => onOpen(problem)}>
            {problem.level === 'error' ? (
              <IconAlertCircle size={16} role="img" aria-label={t`error`} />
            ) : (
              <IconAlertTriangle size={16} role="img" aria-label={t`warning`} />
            )}
            <span>
              {parts[problem.part] && <span style={{ color: 'var(--text-dim)' }}>{parts[problem.part]}: </span>}
              {problem.line !== null && (
                <span className="tnum" style={{ color: 'var(--text-dim)' }}>
                  <Trans>line {problem.line}</Trans>:{' '}
                </span>
              )}
              {problem.message}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function LetterMenu({ letter, draft }: { letter: Letter; draft: LetterInput }) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const open = (made: Letter) => {
    void client.invalidateQueries({ queryKey: ['letters'] })
    router.history.push(`/letters/${made.id}`)
  }
  const copy = useMutation({
    mutationFn: () => createLetter({ ...draft, name: t`${draft.name} (copy)` }),
    onSuccess: open,
    onError: (error) => notifyError(errorText(error)),
  })
  const remove = useMutation({
    mutationFn: () => deleteLetter(letter.id),
    onSuccess: () => {
      router.history.push('/letters')
      void client.invalidateQueries({ queryKey: ['letters'] })
      notifyUndo(t`“${draft.name}” is deleted`, () => void createLetter(draft).then(open))
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const isUsed = letter.used_by.some((use) => use.state !== 'over')
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={32} aria-label={t`More actions`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => copy.mutate()}>
          <Trans>Duplicate</Trans>
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={16} />}
          disabled={isUsed}
          onClick={() => remove.mutate()}
        >
          {isUsed ? t`In use, cannot be deleted` : t`Delete`}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
