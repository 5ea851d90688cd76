import { Button, Group, Skeleton, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useMemo, useState } from 'react'

import { Panel } from '../../components/Page'
import { ErrorNote, Note } from '../../components/States'
import { importPreviewQuery, importsQuery, startImport } from '../../lib/api/endpoints/imports'
import type { ImportFile, ImportFormat, ImportKind, ImportOptions } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useFieldLabel } from './ColumnField'
import { ColumnsTable } from './ColumnsTable'
import { type Consent, ConsentPanel, declared, isProven, NO_CONSENT } from './ConsentPanel'
import { NAMED, parseField } from './fields'
import { FormatOptions, useFormatLine } from './FormatOptions'
import { KindCards } from './KindCards'
import { PreviewTable } from './PreviewTable'
import { Questions } from './Questions'
import { Rules } from './Rules'
import { Words } from './Words'

const IDENTIFIERS = ['user_id', 'email', 'phone']

/** What the rows are and what each column means; below it the first rows as they will be stored. */
export function Mapping({ file, onOther }: { file: ImportFile; onOther: () => void }) {
  const { t } = useLingui()
  const fieldLabel = useFieldLabel()
  const formatLine = useFormatLine()
  const format = useFormat()
  const router = useRouter()
  const client = useQueryClient()
  const [kind, setKind] = useState<ImportKind>(file.kind)
  const [recognised, setRecognised] = useState<ImportFormat>({})
  // Only what the person changed: for the rest the server's suggestions hold.
  const [changed, setChanged] = useState<Record<string, string>>({})
  const [key, setKey] = useState<string | null>(null)
  const [options, setOptions] = useState<ImportOptions>(file.options)
  const [consent, setConsent] = useState<Consent>(NO_CONSENT)
  // The same object while nothing changed: a new one at every drawing would never settle.
  const request = useMemo(
    () => ({ file_id: file.file_id, kind, mapping: changed, key, options, format: recognised }),
    [file.file_id, kind, changed, key, options, recognised],
  )
  const [settled] = useDebouncedValue(request, 250)
  const isNamed = Object.values(changed).every((text) => {
    const field = parseField(text)
    return !NAMED.has(field.kind) || field.name !== ''
  })
  const preview = useQuery(importPreviewQuery(settled, isNamed))
  const shown = preview.data ?? file
  const mapping = {
    ...Object.fromEntries(shown.columns.map((column) => [column.name, column.suggested])),
    ...changed,
  }
  const start = useMutation({
    mutationFn: (dry_run: boolean) =>
      startImport({
        ...request,
        mapping,
        options: { ...options, consent: kind === 'customers' ? declared(consent) : null },
        dry_run,
      }),
    onSuccess: (made) => {
      // Exactly the list: the file of the previews may be gone with the import.
      void client.invalidateQueries({ queryKey: importsQuery.queryKey, exact: true })
      router.history.push(`/imports/${made.id}`)
    },
  })
  const mapped = Object.values(mapping).map((text) => parseField(text).kind)
  const keys = IDENTIFIERS.filter((identifier) => mapped.includes(identifier))
  const change = (part: ImportOptions) => setOptions({ ...options, ...part })
  const changeFormat = (part: ImportFormat) => {
    setRecognised({ ...recognised, ...part })
    // Other columns may appear: the suggestions of the server apply again.
    setChanged({})
  }
  const changeKind = (next: ImportKind) => {
    setKind(next)
    setChanged({})
    setKey(null)
  }
  const isSettled = !preview.isPlaceholderData && shown.kind === kind
  const missing = isSettled ? shown.missing : null
  const isReady = isSettled && preview.error === null && missing === null && isNamed && isProven(consent)
  return (
    <>
      <Panel
        title={file.name}
        hint={`${formatLine(shown)} · ${format.bytes(file.size)}`}
        actions={
          <Button variant="subtle" size="compact-sm" onClick={onOther}>
            <Trans>Another file</Trans>
          </Button>
        }
      >
        <FormatOptions file={shown} onChange={changeFormat} />
      </Panel>
      <Panel title={t`What is in the file?`}>
        <KindCards value={kind} onChange={changeKind} />
        {shown.service && shown.kind === kind && (
          <div style={{ marginTop: 12 }}>
            <Note level="ok">
              <Trans>This is an export of {shown.service.title}.</Trans> {shown.service.note}
            </Note>
          </div>
        )}
      </Panel>
      {isSettled || preview.isPlaceholderData ? (
        <ColumnsTable
          columns={shown.columns}
          fields={shown.fields}
          mapping={mapping}
          options={options}
          onChange={(column, field) => setChanged({ ...changed, [column]: field })}
          onOptions={change}
        />
      ) : (
        <Skeleton height={240} />
      )}
      {isSettled && <Questions questions={shown.questions} options={options} onChange={change} />}
      {isSettled && <Words file={shown} options={options} onChange={change} />}
      <Rules
        kind={kind}
        mapped={mapped}
        keys={keys}
        chosenKey={key}
        options={options}
        onKey={setKey}
        onChange={change}
      />
      {kind === 'customers' && <ConsentPanel consent={consent} onChange={setConsent} />}
      <Panel
        title={t`How the first rows will be stored`}
        hint={t`As they will be: phones, dates and numbers in one form, and whom each row will meet.`}
        flush
      >
        {preview.error ? (
          <div style={{ padding: 16 }}>
            <ErrorNote error={preview.error} />
          </div>
        ) : missing !== null ? (
          <div style={{ padding: 16 }}>
            <Note level="warn">
              <Trans>Say which column holds this, or choose it in the rules:</Trans>{' '}
              {missing.split(', ').map(fieldLabel).join(', ')}
            </Note>
          </div>
        ) : isSettled ? (
          <PreviewTable rows={shown.rows} isStale={preview.isPlaceholderData} />
        ) : (
          <Skeleton height={160} />
        )}
      </Panel>
      {start.error && <ErrorNote error={start.error} />}
      <Group gap={8}>
        <Button
          size="md"
          disabled={!isReady}
          loading={start.isPending && !start.variables}
          onClick={() => start.mutate(false)}
        >
          <Trans>Import</Trans>
        </Button>
        <Button
          size="md"
          variant="default"
          disabled={!isReady}
          loading={start.isPending && start.variables}
          onClick={() => start.mutate(true)}
        >
          <Trans>Trial run</Trans>
        </Button>
        <Text size="sm" c="dimmed">
          <Trans>A trial run reads the whole file and counts the errors, but stores nothing.</Trans>
        </Text>
      </Group>
    </>
  )
}
