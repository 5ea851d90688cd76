import { Button, Group, Select, Stack, Textarea, TextInput, UnstyledButton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useEffect, useMemo, useReducer, useState } from 'react'

import { notifyDone } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { ErrorNote, Note } from '../../components/States'
import { ApiError } from '../../lib/api/client'
import { addListed, createSegment, foldersQuery, segmentQuery, templatesQuery } from '../../lib/api/endpoints/segments'
import type { SegmentTemplate } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { definitionOf, editedOf, isComplete, reduceEdited, rootOf, sizeOf } from './model/tree'
import { forgetDraft, keepDraft, keptDraft } from './model/draft'
import css from './Segment.module.css'
import { Workbench } from './Workbench'

const route = getRouteApi('/inside/segments/new')

export function NewSegmentPage() {
  const { kind, from } = route.useSearch()
  const source = useQuery({ ...segmentQuery(from ?? ''), enabled: from !== undefined })
  if (kind === 'static') return <NewList />
  if (from !== undefined && !source.data && !source.error) return null
  return <NewSegment key={from ?? ''} copied={source.data ?? null} />
}

interface Copied {
  name: string
  description: string
  definition: unknown
  folder_id: string | null
}

function useFolder() {
  const { folder } = route.useSearch()
  return useState<string | null>(folder ?? null)
}

function FolderSelect({ value, onChange }: { value: string | null; onChange: (id: string | null) => void }) {
  const { t } = useLingui()
  const { data } = useQuery(foldersQuery)
  if (!data?.length) return null
  return (
    <Select
      label={t`Folder`}
      maw={480}
      clearable
      clearButtonProps={{ 'aria-label': t`Clear` }}
      placeholder={t`no folder`}
      value={value}
      data={data.map((folder) => ({ value: folder.id, label: folder.name }))}
      onChange={onChange}
    />
  )
}

function NewSegment({ copied }: { copied: Copied | null }) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const [draft] = useState(() => (copied ? null : keptDraft()))
  const [name, setName] = useState(copied ? t`${copied.name} (copy)` : (draft?.name ?? ''))
  const [description, setDescription] = useState(copied?.description ?? draft?.description ?? '')
  const [folderId, setFolderId] = useFolder()
  const [edited, dispatch] = useReducer(reduceEdited, copied?.definition ?? draft?.definition ?? null, editedOf)
  const [isRestored, setRestored] = useState(draft !== null)
  const { root } = edited
  const kept = useMemo(() => ({ name, description, root }), [name, description, root])
  const [settled] = useDebouncedValue(kept, 500)
  useEffect(() => {
    if (sizeOf(settled.root) > 0) {
      keepDraft({ name: settled.name, description: settled.description, definition: definitionOf(settled.root) })
    }
  }, [settled])
  const create = useMutation({
    mutationFn: () =>
      createSegment({
        name: name.trim(),
        description,
        kind: 'dynamic',
        definition: definitionOf(root),
        folder_id: folderId ?? copied?.folder_id ?? null,
      }),
    onSuccess: (made) => {
      forgetDraft()
      void client.invalidateQueries({ queryKey: ['segments'] })
      router.history.push(`/segments/${made.id}`)
    },
  })
  const nameError = create.error instanceof ApiError ? create.error.field('name') : undefined
  const use = (template: SegmentTemplate) => {
    if (!name.trim()) setName(template.name)
    dispatch({ do: 'reset', root: rootOf(template.definition) })
  }
  return (
    <Page title={t`New segment`} back={{ href: '/segments', label: t`Segments` }}>
      <Workbench
        edited={edited}
        dispatch={dispatch}
        selfId={null}
        above={
          <>
            {isRestored && (
              <Note level="info">
                <Trans>This is what you began and did not save.</Trans>{' '}
                <Button
                  variant="subtle"
                  size="compact-sm"
                  onClick={() => {
                    forgetDraft()
                    setName('')
                    setDescription('')
                    dispatch({ do: 'reset', root: rootOf(null) })
                    setRestored(false)
                  }}
                >
                  <Trans>Begin anew</Trans>
                </Button>
              </Note>
            )}
            <Panel>
              <Stack gap={12}>
                <TextInput
                  label={t`Name`}
                  placeholder={t`Bought 3 times, but not in 60 days`}
                  maw={480}
                  data-autofocus
                  autoFocus
                  value={name}
                  error={nameError}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <TextInput
                  label={t`What it is for`}
                  maw={480}
                  value={description}
                  onChange={(event) => setDescription(event.currentTarget.value)}
                />
                <FolderSelect value={folderId} onChange={setFolderId} />
              </Stack>
            </Panel>
            {sizeOf(root) === 0 && <Templates onUse={use} />}
          </>
        }
      >
        {create.error && <ErrorNote error={create.error} />}
        <Button
          size="md"
          fullWidth
          disabled={!name.trim() || sizeOf(root) === 0 || !isComplete(root)}
          loading={create.isPending}
          onClick={() => create.mutate()}
        >
          <Trans>Save the segment</Trans>
        </Button>
        {!name.trim() && (
          <span className={css.dim}>
            <Trans>Give it a name first.</Trans>
          </span>
        )}
      </Workbench>
    </Page>
  )
}

function Templates({ onUse }: { onUse: (template: SegmentTemplate) => void }) {
  const { t } = useLingui()
  const { data } = useQuery(templatesQuery)
  return (
    <Panel title={t`Begin with a ready one`} hint={t`Every condition of it can be changed afterwards.`}>
      <div className={css.templates}>
        {(data ?? []).map((template) => (
          <UnstyledButton key={template.code} className={css.template} onClick={() => onUse(template)}>
            {template.name}
          </UnstyledButton>
        ))}
      </div>
    </Panel>
  )
}

function NewList() {
  const { t } = useLingui()
  const format = useFormat()
  const router = useRouter()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [folderId, setFolderId] = useFolder()
  const [text, setText] = useState('')
  const create = useMutation({
    mutationFn: async () => {
      const made = await createSegment({
        name: name.trim(),
        description,
        kind: 'static',
        definition: null,
        folder_id: folderId,
      })
      return { made, listed: text.trim() ? await addListed(made.id, { text, kind: 'auto' }) : null }
    },
    onSuccess: ({ made, listed }) => {
      void client.invalidateQueries({ queryKey: ['segments'] })
      if (listed) {
        notifyDone(t`People found: ${format.number(listed.found)}. Values that nobody has: ${format.number(listed.unknown)}.`)
      }
      router.history.push(`/segments/${made.id}`)
    },
  })
  return (
    <Page title={t`New fixed list`} back={{ href: '/segments', label: t`Segments` }}>
      <div className={css.layout}>
        <div className={css.sections}>
          <Panel>
            <Stack gap={12}>
              <TextInput
                label={t`Name`}
                maw={480}
                data-autofocus
                autoFocus
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <TextInput
                label={t`What it is for`}
                maw={480}
                value={description}
                onChange={(event) => setDescription(event.currentTarget.value)}
              />
              <FolderSelect value={folderId} onChange={setFolderId} />
            </Stack>
          </Panel>
          <Panel
            title={t`Who is in it`}
            hint={t`E-mail addresses, phones or user IDs: one a line, or a file. People can be added later too.`}
          >
            <PeopleText text={text} onChange={setText} />
          </Panel>
        </div>
        <aside className={css.summary}>
          <p className={css.sentence}>
            <Trans>
              A fixed list changes only by hand. Add people to it from the list of customers: select them
              and choose “Add to a list”.
            </Trans>
          </p>
          {create.error && <ErrorNote error={create.error} />}
          <Button size="md" fullWidth disabled={!name.trim()} loading={create.isPending} onClick={() => create.mutate()}>
            <Trans>Create the list</Trans>
          </Button>
        </aside>
      </div>
    </Page>
  )
}

/** Identifiers of people: typed, pasted, or read from a file. */
export function PeopleText({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const { t } = useLingui()
  const [fileName, setFileName] = useState('')
  return (
    <Stack gap={8}>
      <Textarea
        aria-label={t`Addresses, phones or user IDs`}
        placeholder={'anna@example.com\n+7 900 123-45-67'}
        autosize
        minRows={6}
        maxRows={14}
        value={text.length > 20_000 ? `${text.slice(0, 20_000)}…` : text}
        readOnly={text.length > 20_000}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <Group gap={8}>
        <Button component="label" variant="default" size="compact-sm">
          <Trans>From a file</Trans>
          <input
            type="file"
            className="visually-hidden"
            accept=".csv,.txt,text/plain,text/csv"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0]
              if (!file) return
              setFileName(file.name)
              void file.text().then(onChange)
            }}
          />
        </Button>
        {fileName && <span className={css.dim}>{fileName}</span>}
        {text && (
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => {
              onChange('')
              setFileName('')
            }}
          >
            <Trans>Clear</Trans>
          </Button>
        )}
      </Group>
    </Stack>
  )
}
