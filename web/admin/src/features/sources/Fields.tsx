import { Button, Checkbox, Group, Select, Skeleton, Stack, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconWand } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyDone } from '../../components/notify'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote, Note } from '../../components/States'
import { DateTime } from '../../components/Time'
import { ApiError } from '../../lib/api/client'
import {
  setSourceMapping,
  sourcePreviewQuery,
  sourceQuery,
} from '../../lib/api/endpoints/sources'
import type { HookMapping, HookPreview, HookSource } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { FieldRow } from './FieldRow'
import { inRows, isInside, isWhole, pathText } from './mapping'
import { OrderForm } from './OrderForm'
import { Result } from './Result'
import css from './Sources.module.css'

/** The newest call as its fields, each with what it becomes; beside it the events. */
export function Fields({ source, onSaved }: { source: HookSource; onSaved: () => void }) {
  const { t } = useLingui()
  const first = useQuery(sourcePreviewQuery(source.id, null, null, true))
  if (first.error) {
    return first.error instanceof ApiError && first.error.code === 'call_not_found' ? (
      <Panel>
        <Empty title={t`There is no call to look at`}>
          <Trans>Let the service send one: its fields will stand here.</Trans>
        </Empty>
      </Panel>
    ) : (
      <ErrorNote error={first.error} retry={() => void first.refetch()} />
    )
  }
  if (!first.data) return <Skeleton height={320} />
  return <Editor key={source.id} source={source} first={first.data} onSaved={onSaved} />
}

interface EditorProps {
  source: HookSource
  first: HookPreview
  onSaved: () => void
}

function Editor({ source, first, onSaved }: EditorProps) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const client = useQueryClient()
  const [callId] = useState(first.call_id)
  const [mapping, setMapping] = useState<HookMapping>(first.mapping)
  const [replay, setReplay] = useState(true)
  const [settled] = useDebouncedValue(mapping, 250)
  const shown = useQuery(sourcePreviewQuery(source.id, callId, settled, isWhole(settled)))
  const preview = shown.data ?? first
  const save = useMutation({
    mutationFn: () => setSourceMapping(source.id, mapping, replay),
    onSuccess: ({ calls }) => {
      void client.invalidateQueries({ queryKey: sourceQuery(source.id).queryKey })
      notifyDone(
        calls > 0 ? t`The source is on. Caught calls in work: ${format.number(calls)}` : t`The source is on`,
      )
      onSaved()
    },
  })
  // What lies inside the products is chosen in the order's own form.
  const fields = preview.fields.filter((field) => !isInside(field.path, mapping.order?.lines?.path))
  return (
    <Stack gap={16}>
      <div className={css.mapping}>
        <Panel
          flush
          title={t`Fields of the call`}
          hint={<DateTime at={preview.received_at} />}
          actions={
            may('edit') && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconWand size={14} />}
                onClick={() => setMapping(preview.suggested)}
              >
                <Trans>As suggested</Trans>
              </Button>
            )
          }
        >
          <table className={css.fields} aria-label={t`Fields of the call`}>
            <thead>
              <tr>
                <th scope="col">
                  <Trans>Field</Trans>
                </th>
                <th scope="col">
                  <Trans>Value</Trans>
                </th>
                <th scope="col">
                  <Trans>Becomes</Trans>
                </th>
              </tr>
            </thead>
            <tbody>
              {fields.map((field) => (
                <FieldRow
                  key={pathText(field.path)}
                  field={field}
                  mapping={mapping}
                  onChange={setMapping}
                  problem={preview.problems.find((one) => pathText(one.path) === pathText(field.path))?.message}
                  isReadOnly={!may('edit')}
                />
              ))}
            </tbody>
          </table>
        </Panel>
        <div className={css.sticky}>
          <Stack gap={16}>
            <Panel title={t`Event`}>
              <Stack gap={12}>
                {mapping.each && (
                  <Note level="info">
                    <Trans>Every row of the list “{pathText(mapping.each)}” becomes a customer and events of its own.</Trans>
                    {may('edit') && (
                      <Button
                        mt={8}
                        size="compact-sm"
                        variant="default"
                        onClick={() => setMapping(inRows(mapping, mapping.each ?? []))}
                      >
                        <Trans>Take the call as one</Trans>
                      </Button>
                    )}
                  </Note>
                )}
                <TextInput
                  label={t`Name of the event`}
                  description={
                    mapping.event_path ? t`It is taken from a field; this one stands where that is empty.` : undefined
                  }
                  maxLength={200}
                  value={mapping.event}
                  onChange={(event) => setMapping({ ...mapping, event: event.currentTarget.value })}
                />
                <OnlyIf mapping={mapping} fields={fields} onChange={setMapping} />
              </Stack>
            </Panel>
            {mapping.order && <OrderForm mapping={mapping} fields={fields} onChange={setMapping} />}
            <Panel title={t`What this call becomes`}>
              {shown.error ? (
                <ErrorNote error={shown.error} />
              ) : (
                <Result preview={preview} isStale={shown.isPlaceholderData} />
              )}
            </Panel>
          </Stack>
        </div>
      </div>
      {save.error && <ErrorNote error={save.error} />}
      {may('edit') && (
        <Group gap={16}>
          <Button size="md" disabled={!isWhole(mapping)} loading={save.isPending} onClick={() => save.mutate()}>
            {source.mapping ? <Trans>Save</Trans> : <Trans>Save and switch on</Trans>}
          </Button>
          {source.caught > 0 && (
            <Checkbox
              label={t`Take the calls caught so far: ${format.number(source.caught)}`}
              checked={replay}
              onChange={(event) => setReplay(event.currentTarget.checked)}
            />
          )}
        </Group>
      )}
    </Stack>
  )
}

interface OnlyIfProps {
  mapping: HookMapping
  fields: HookPreview['fields']
  onChange: (mapping: HookMapping) => void
}

function OnlyIf({ mapping, fields, onChange }: OnlyIfProps) {
  const { t } = useLingui()
  const condition = mapping.only_if
  const offered = fields.filter((field) => field.type !== 'list')
  const paths = [
    ...new Set([
      ...offered.map((field) => pathText(field.path)),
      ...(condition ? [pathText(condition.path)] : []),
    ]),
  ]
  const choose = (text: string | null) => {
    const field = offered.find((one) => pathText(one.path) === text)
    if (field) onChange({ ...mapping, only_if: { path: field.path, value: field.sample, negated: false } })
    else if (!text) onChange({ ...mapping, only_if: null })
  }
  return (
    <Group gap={8} align="flex-end">
      <Select
        label={t`Only if the field`}
        placeholder={t`every call`}
        clearable
        clearButtonProps={{ 'aria-label': t`No condition` }}
        searchable
        style={{ flex: 1, minWidth: 160 }}
        value={condition ? pathText(condition.path) : null}
        data={paths}
        onChange={choose}
      />
      {condition && (
        <>
          <Select
            aria-label={t`Comparison`}
            w={110}
            value={condition.negated ? 'not' : 'is'}
            data={[
              { value: 'is', label: t`is` },
              { value: 'not', label: t`is not` },
            ]}
            onChange={(value) =>
              onChange({ ...mapping, only_if: { ...condition, negated: value === 'not' } })
            }
          />
          <TextInput
            aria-label={t`Value`}
            style={{ flex: 1, minWidth: 120 }}
            value={condition.value}
            onChange={(event) =>
              onChange({ ...mapping, only_if: { ...condition, value: event.currentTarget.value } })
            }
          />
        </>
      )}
    </Group>
  )
}
