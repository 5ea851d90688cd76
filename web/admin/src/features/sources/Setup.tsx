import { Button, Group, NumberInput, Select, Stack, TagsInput, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { notifyDone, notifyUndo } from '../../components/notify'
import { Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import {
  deleteSource,
  sourcePreviewQuery,
  sourceQuery,
  sourcesQuery,
  updateSource,
} from '../../lib/api/endpoints/sources'
import type { HookSource } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { CheckForm } from './CheckForm'
import { pathText, samePath } from './mapping'

/** Name, check of the caller, repeats, how long bodies are kept, deletion. */
export function Setup({ source }: { source: HookSource }) {
  const may = useAccess()
  return (
    <>
      <General source={source} isReadOnly={!may('edit')} />
      <CheckForm key={JSON.stringify(source.check)} source={source} isReadOnly={!may('edit')} />
      {may('edit') && <Remove source={source} />}
    </>
  )
}

function General({ source, isReadOnly }: { source: HookSource; isReadOnly: boolean }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [draft, setDraft] = useState({
    name: source.name,
    keep_days: source.keep_days,
    repeat_window_s: source.repeat_window_s,
    id_path: source.id_path ?? [],
    networks: source.networks,
  })
  const preview = useQuery(sourcePreviewQuery(source.id, null, null, source.state !== 'new'))
  const save = useMutation({
    mutationFn: () => updateSource(source.id, { ...draft, name: draft.name.trim() }),
    onSuccess: (changed) => {
      client.setQueryData(sourceQuery(source.id).queryKey, changed)
      void client.invalidateQueries({ queryKey: sourcesQuery.queryKey, exact: true })
      notifyDone(t`Saved`)
    },
  })
  const fields = (preview.data?.fields ?? []).filter((field) => field.type !== 'list' && !field.path[0]?.startsWith('@'))
  const chosen = draft.id_path.length > 0 ? pathText(draft.id_path) : null
  return (
    <Panel title={t`General`}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={16} maw={560}>
          <TextInput
            label={t`Name`}
            maxLength={120}
            disabled={isReadOnly}
            value={draft.name}
            onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
          />
          <Select
            label={t`Field that numbers the calls`}
            description={t`Two calls with one number are one call, however far apart. Tilda numbers its calls in the field tranid.`}
            placeholder={t`none: calls with one body are one call for a while`}
            clearable
            clearButtonProps={{ 'aria-label': t`No field` }}
            searchable
            disabled={isReadOnly}
            value={chosen}
            data={[...new Set([...fields.map((field) => pathText(field.path)), ...(chosen ? [chosen] : [])])]}
            onChange={(text) => {
              const field = fields.find((one) => pathText(one.path) === text)
              if (field) setDraft({ ...draft, id_path: field.path })
              else if (!text || !samePath(draft.id_path, [text])) setDraft({ ...draft, id_path: text ? draft.id_path : [] })
            }}
          />
          <NumberInput
            label={t`The same body is a repeat for, minutes`}
            description={t`Services try again when an answer is late. 0 counts every call.`}
            min={0}
            max={1440}
            w={280}
            disabled={isReadOnly}
            value={Math.round(draft.repeat_window_s / 60)}
            onChange={(value) => setDraft({ ...draft, repeat_window_s: Number(value) * 60 })}
          />
          <NumberInput
            label={t`Keep the bodies of calls for, days`}
            description={t`After that a call can’t be seen or replayed; the customer and the events stay.`}
            min={1}
            max={365}
            w={280}
            disabled={isReadOnly}
            value={draft.keep_days}
            onChange={(value) => setDraft({ ...draft, keep_days: Number(value) || 1 })}
          />
          <TagsInput
            label={t`Only from these addresses`}
            description={t`Addresses or networks such as 192.0.2.0/24. Empty: from everywhere.`}
            disabled={isReadOnly}
            value={draft.networks}
            onChange={(networks) => setDraft({ ...draft, networks })}
          />
          {save.error && <ErrorNote error={save.error} />}
          {!isReadOnly && (
            <Group>
              <Button type="submit" disabled={!draft.name.trim()} loading={save.isPending}>
                <Trans>Save</Trans>
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Panel>
  )
}

const GRACE_MS = 6_000

function Remove({ source }: { source: HookSource }) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const remove = () => {
    const timer = setTimeout(() => {
      void deleteSource(source.id).finally(() => void client.invalidateQueries({ queryKey: ['sources'] }))
    }, GRACE_MS)
    notifyUndo(t`The source “${source.name}” is deleted`, () => clearTimeout(timer))
    void router.navigate({ to: '/sources' })
  }
  return (
    <Panel
      title={t`Delete the source`}
      hint={t`Its address stops working and its log goes. Customers and events that came by it stay.`}
    >
      <Button variant="default" c="var(--bad)" leftSection={<IconTrash size={16} />} onClick={remove}>
        <Trans>Delete the source</Trans>
      </Button>
    </Panel>
  )
}
