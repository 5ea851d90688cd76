import { Button, Group, Select, Skeleton, Switch, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { importPreviewQuery, importsQuery, startImport } from '../../lib/api/endpoints/imports'
import type { ImportFile, ImportFormat, ImportOptions, ImportRequest } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { type Consent, ConsentPanel, declared, isProven, NO_CONSENT } from './ConsentPanel'
import { type Field, nameFrom, NAMED, parseField, type ValueType, writeField } from './fields'
import css from './Import.module.css'
import { PreviewTable } from './PreviewTable'

const IDENTIFIERS = ['user_id', 'email', 'phone']

/** What each column means; beside it the first rows as they will be stored. */
export function Mapping({ file, onOther }: { file: ImportFile; onOther: () => void }) {
  const { t } = useLingui()
  const fieldLabel = useFieldLabel()
  const format = useFormat()
  const router = useRouter()
  const client = useQueryClient()
  const [recognised, setRecognised] = useState<ImportFormat>({})
  const [mapping, setMapping] = useState<Record<string, string>>(() =>
    Object.fromEntries(file.columns.map((column) => [column.name, column.suggested])),
  )
  const [key, setKey] = useState<string | null>(null)
  const [options, setOptions] = useState<ImportOptions>({ empty: 'keep', timezone: format.timeZone })
  const [consent, setConsent] = useState<Consent>(NO_CONSENT)
  const request: ImportRequest = {
    file_id: file.file_id,
    kind: file.kind,
    mapping,
    key,
    options,
    format: recognised,
  }
  const [settled] = useDebouncedValue(request, 250)
  const isNamed = Object.values(mapping).every((text) => {
    const field = parseField(text)
    return !NAMED.has(field.kind) || field.name !== ''
  })
  const preview = useQuery(importPreviewQuery(settled, isNamed))
  const start = useMutation({
    mutationFn: (dry_run: boolean) =>
      startImport({ ...request, options: { ...options, consent: declared(consent) }, dry_run }),
    onSuccess: (made) => {
      // Exactly the list: the file of the previews may be gone with the import.
      void client.invalidateQueries({ queryKey: importsQuery.queryKey, exact: true })
      router.history.push(`/imports/${made.id}`)
    },
  })
  const columns = preview.data?.columns ?? file.columns
  const mapped = Object.values(mapping).map((text) => parseField(text).kind)
  const keys = IDENTIFIERS.filter((identifier) => mapped.includes(identifier))
  const changeFormat = (part: ImportFormat) => {
    setRecognised({ ...recognised, ...part })
    // Other columns may appear: the suggestions of the server apply again.
    setMapping({})
  }

  return (
    <>
      <Panel
        title={file.name}
        hint={t`${format.bytes(file.size)}, recognised by itself; correct it if the samples look wrong.`}
        actions={
          <Button variant="subtle" size="compact-sm" onClick={onOther}>
            <Trans>Another file</Trans>
          </Button>
        }
      >
        <FormatOptions file={preview.data ?? file} onChange={changeFormat} />
      </Panel>
      <Panel title={t`Columns`} hint={t`Where each column goes. What is left out is not stored.`} flush>
        <div className={css.scroller}>
          <table className={css.table} aria-label={t`Columns`}>
            <thead>
              <tr>
                <th scope="col">
                  <Trans>Column</Trans>
                </th>
                <th scope="col">
                  <Trans>Samples</Trans>
                </th>
                <th scope="col">
                  <Trans>Goes to</Trans>
                </th>
              </tr>
            </thead>
            <tbody>
              {columns.map((column) => (
                <tr key={column.name}>
                  <th scope="row">{column.name}</th>
                  <td className={css.samples}>{column.samples.filter(Boolean).slice(0, 3).join(', ')}</td>
                  <td>
                    <FieldInput
                      column={column.name}
                      fields={file.fields}
                      value={mapping[column.name] ?? column.suggested}
                      onChange={(text) => setMapping({ ...filled(mapping, columns), [column.name]: text })}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <Panel title={t`Rules`}>
        <div className={css.options}>
          <Select
            label={t`Find the customer by`}
            w={300}
            value={key ?? ''}
            data={[
              { value: '', label: t`the strongest id of the file` },
              ...keys.map((value) => ({ value, label: fieldLabel(value) })),
            ]}
            onChange={(value) => setKey(value || null)}
          />
          <Select
            label={t`An empty cell`}
            w={200}
            value={options.empty ?? 'keep'}
            data={[
              { value: 'keep', label: t`keeps what is known` },
              { value: 'clear', label: t`clears the field` },
            ]}
            onChange={(empty) => setOptions({ ...options, empty: empty === 'clear' ? 'clear' : 'keep' })}
          />
          <Select
            label={t`Dates are written`}
            w={180}
            value={options.date_order ?? preview.data?.date_order ?? file.date_order}
            data={[
              { value: 'ymd', label: '2026-11-21' },
              { value: 'dmy', label: '21.11.2026' },
              { value: 'mdy', label: '11/21/2026' },
            ]}
            onChange={(order) =>
              setOptions({ ...options, date_order: order as ImportOptions['date_order'] })
            }
          />
          <TextInput
            label={t`Time zone of the dates`}
            w={180}
            value={options.timezone}
            onChange={(event) => setOptions({ ...options, timezone: event.currentTarget.value })}
          />
          {file.kind === 'orders' && (
            <Select
              label={t`Orders without a customer`}
              w={200}
              value={options.anonymous ?? 'skip'}
              data={[
                { value: 'skip', label: t`are left out` },
                { value: 'keep', label: t`are stored for nobody` },
              ]}
              onChange={(value) => setOptions({ ...options, anonymous: value === 'keep' ? 'keep' : 'skip' })}
            />
          )}
          {file.kind === 'orders' && (
            <TextInput
              label={t`Returns begin with`}
              placeholder="C"
              w={160}
              value={options.return_prefix ?? ''}
              onChange={(event) => setOptions({ ...options, return_prefix: event.currentTarget.value })}
            />
          )}
        </div>
      </Panel>
      <Panel title={t`How the first rows will be stored`} flush>
        {preview.error ? (
          <div style={{ padding: 16 }}>
            <ErrorNote error={preview.error} />
          </div>
        ) : preview.data ? (
          <PreviewTable rows={preview.data.rows} isStale={preview.isPlaceholderData} />
        ) : (
          <Skeleton height={160} />
        )}
      </Panel>
      {file.kind === 'customers' && <ConsentPanel consent={consent} onChange={setConsent} />}
      {start.error && <ErrorNote error={start.error} />}
      <Group gap={8}>
        <Button
          size="md"
          disabled={preview.error !== null || !isNamed || !isProven(consent)}
          loading={start.isPending && start.variables === false}
          onClick={() => start.mutate(false)}
        >
          <Trans>Import</Trans>
        </Button>
        <Button
          size="md"
          variant="default"
          disabled={preview.error !== null || !isNamed || !isProven(consent)}
          loading={start.isPending && start.variables === true}
          onClick={() => start.mutate(true)}
        >
          <Trans>Trial run</Trans>
        </Button>
        <span style={{ fontSize: 13, color: 'var(--text-dim)' }}>
          <Trans>A trial run reads the whole file and counts the errors, but stores nothing.</Trans>
        </span>
      </Group>
    </>
  )
}

const filled = (mapping: Record<string, string>, columns: ImportFile['columns']) => ({
  ...Object.fromEntries(columns.map((column) => [column.name, column.suggested])),
  ...mapping,
})

const ENCODINGS = ['utf-8', 'windows-1251', 'utf-16', 'koi8-r'] as const

function FormatOptions({ file, onChange }: { file: ImportFile; onChange: (part: ImportFormat) => void }) {
  const { t } = useLingui()
  return (
    <div className={css.options}>
      <Select
        label={t`Encoding`}
        w={160}
        value={file.encoding}
        data={[...new Set([file.encoding, ...ENCODINGS])]}
        onChange={(encoding) => onChange({ encoding })}
      />
      <Select
        label={t`Separator`}
        w={160}
        value={file.separator}
        data={[
          { value: ',', label: t`comma` },
          { value: ';', label: t`semicolon` },
          { value: '\t', label: t`tab` },
          { value: '|', label: t`vertical bar` },
        ]}
        onChange={(separator) => onChange({ separator })}
      />
      <Switch
        mb={6}
        label={t`The first line holds the names of columns`}
        checked={file.header}
        onChange={(event) => onChange({ header: event.currentTarget.checked })}
      />
    </div>
  )
}

function useFieldLabel(): (kind: string) => string {
  const { t } = useLingui()
  const labels: Record<string, string> = {
    skip: t`— leave out —`,
    user_id: t`User id`,
    email: t`E-mail`,
    phone: t`Phone`,
    first_seen: t`Date of registration`,
    trait: t`Trait`,
    external: t`Another identifier`,
    property: t`Property of the order`,
    order_id: t`Order number`,
    time: t`Time of the order`,
    product_id: t`Product code`,
    product_name: t`Product name`,
    category: t`Category`,
    quantity: t`Quantity`,
    price: t`Price`,
    line_total: t`Sum of the line`,
    total: t`Sum of the order`,
    currency: t`Currency`,
  }
  return (kind) => labels[kind] ?? kind
}

interface FieldInputProps {
  column: string
  fields: string[]
  value: string
  onChange: (text: string) => void
}

function FieldInput({ column, fields, value, onChange }: FieldInputProps) {
  const { t } = useLingui()
  const fieldLabel = useFieldLabel()
  const field = parseField(value)
  const kinds = [...new Set([...fields.map((text) => parseField(text).kind), field.kind])]
  const set = (part: Partial<Field>) => onChange(writeField({ ...field, ...part }))
  return (
    <Group gap={6} wrap="nowrap">
      <Select
        aria-label={t`${column}: goes to`}
        w={190}
        value={field.kind}
        data={[
          { value: 'skip', label: fieldLabel('skip') },
          ...kinds.filter((kind) => kind !== 'skip').map((kind) => ({ value: kind, label: fieldLabel(kind) })),
        ]}
        onChange={(kind) => kind && set({ kind, name: NAMED.has(kind) ? field.name || nameFrom(column) : '' })}
      />
      {NAMED.has(field.kind) && (
        <TextInput
          aria-label={t`${column}: name of the field`}
          w={160}
          error={!field.name}
          value={field.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
      )}
      {NAMED.has(field.kind) && field.kind !== 'external' && (
        <Select
          aria-label={t`${column}: type`}
          w={110}
          value={field.type}
          data={[
            { value: 'text', label: t`text` },
            { value: 'number', label: t`number` },
            { value: 'date', label: t`date` },
            { value: 'bool', label: t`yes or no` },
            { value: 'list', label: t`list` },
          ]}
          onChange={(type) => set({ type: (type ?? 'text') as ValueType })}
        />
      )}
    </Group>
  )
}
