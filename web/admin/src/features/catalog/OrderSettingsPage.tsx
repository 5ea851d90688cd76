import { ActionIcon, Button, Group, Modal, Select, Stack, Switch, TextInput, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../components/DataTable'
import { notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, StateLabel, useErrorText } from '../../components/States'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import {
  deleteOrderField,
  foundFieldsQuery,
  orderFieldsQuery,
  orderStatusesQuery,
  putOrderField,
  setOrderStatus,
} from '../../lib/api/endpoints/catalog'
import type { FoundField, OrderField, OrderFieldInput, OrderStatus, StatusWord } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Catalog.module.css'
import { CatalogNav } from './CatalogNav'
import { fieldName, useStatusWords, useTypeWords } from './orderWords'

type Draft = OrderFieldInput & { field: string }

/** Which parts of an order have a name and a type, and what foreign statuses mean. */
export function OrderSettingsPage() {
  const { t } = useLingui()
  const [draft, setDraft] = useState<Draft | null>(null)
  return (
    <Page title={t`Catalogue`}>
      <CatalogNav />
      <Stack gap={16}>
        <Fields onNew={setDraft} />
        <Found onTake={setDraft} />
        <Statuses />
      </Stack>
      {draft && <FieldForm draft={draft} onClose={() => setDraft(null)} />}
    </Page>
  )
}

function Fields({ onNew }: { onNew: (draft: Draft) => void }) {
  const { t } = useLingui()
  const may = useAccess()
  const types = useTypeWords()
  const fields = useQuery(orderFieldsQuery)
  const { hidden, hide } = useDeferredDelete(deleteOrderField, orderFieldsQuery.queryKey)
  const columns: Column<OrderField>[] = [
    { id: 'title', header: t`Field`, render: (one) => <span style={{ fontWeight: 500 }}>{one.title}</span> },
    {
      id: 'level',
      header: t`Of`,
      hide: 'sm',
      render: (one) => (one.level === 'order' ? t`the order` : t`each line`),
    },
    { id: 'type', header: t`Type`, render: (one) => types[one.type] },
    { id: 'source', header: t`Name in the data`, hide: 'sm', render: (one) => <code>{one.source}</code> },
    { id: 'field', header: t`In segments and letters`, hide: 'md', render: (one) => <code>{one.field}</code> },
    ...(may('edit')
      ? [
          {
            id: 'remove',
            header: '',
            width: 48,
            render: (one: OrderField) => (
              <Tooltip label={t`Delete`}>
                <ActionIcon
                  aria-label={t`Delete the field ${one.title}`}
                  onClick={() => hide(one.field, t`The field “${one.title}” is deleted`)}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Tooltip>
            ),
          },
        ]
      : []),
  ]
  return (
    <Panel
      title={t`Fields of orders`}
      hint={t`What matters beyond sum and products: a licence's last day, a delivery slot. Segments and letters can use them.`}
      flush
      actions={
        may('edit') && (
          <Button
            size="compact-sm"
            leftSection={<IconPlus size={14} />}
            onClick={() => onNew({ field: '', level: 'order', type: 'text', title: '', source: '' })}
          >
            <Trans>Add a field</Trans>
          </Button>
        )
      }
    >
      <DataTable
        label={t`Fields of orders`}
        columns={columns}
        rows={fields.data?.filter((one) => !hidden.has(one.field))}
        rowKey={(one) => one.field}
        keys={false}
        error={fields.error && <ErrorNote error={fields.error} />}
        empty={
          <Empty title={t`No fields yet`}>
            <Trans>Choose from what your orders already say below, or add one by its name in the data.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}

function Found({ onTake }: { onTake: (draft: Draft) => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const types = useTypeWords()
  const found = useQuery(foundFieldsQuery)
  if (!found.data?.length) return null
  const columns: Column<FoundField>[] = [
    { id: 'source', header: t`Name in the data`, render: (one) => <code>{one.source}</code> },
    {
      id: 'level',
      header: t`Of`,
      hide: 'sm',
      render: (one) => (one.level === 'order' ? t`the order` : t`each line`),
    },
    {
      id: 'samples',
      header: t`For example`,
      hide: 'sm',
      render: (one) => <span className={css.dim}>{one.samples.slice(0, 3).join(', ')}</span>,
    },
    { id: 'type', header: t`Looks like`, hide: 'md', render: (one) => types[one.suggested] },
    { id: 'orders', header: t`Orders`, align: 'right', render: (one) => format.number(one.orders) },
    ...(may('edit')
      ? [
          {
            id: 'take',
            header: '',
            render: (one: FoundField) => (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() =>
                  onTake({
                    field: fieldName(one.source),
                    level: one.level,
                    type: one.suggested,
                    title: one.source,
                    source: one.source,
                  })
                }
              >
                <Trans>Make a field</Trans>
              </Button>
            ),
          },
        ]
      : []),
  ]
  return (
    <Panel title={t`What orders already say`} hint={t`Met in the latest 1,000 orders and not used yet.`} flush>
      <DataTable
        label={t`What orders already say`}
        columns={columns}
        rows={found.data}
        rowKey={(one) => `${one.level}:${one.source}`}
        keys={false}
        empty={null}
      />
    </Panel>
  )
}

function FieldForm({ draft, onClose }: { draft: Draft; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const types = useTypeWords()
  const [title, setTitle] = useState(draft.title)
  const [source, setSource] = useState(draft.source)
  const [level, setLevel] = useState(draft.level)
  const [type, setType] = useState(draft.type)
  const field = draft.field || fieldName(title)
  const save = useMutation({
    mutationFn: () => putOrderField(field, { title: title.trim(), source: source.trim(), level, type }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['order-fields'] })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Field of an order`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={12}>
          <TextInput
            label={t`Title`}
            placeholder={t`Licence until`}
            data-autofocus
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <TextInput
            label={t`Name in the data`}
            description={t`As it is called in events or imported files`}
            placeholder="licence_until"
            value={source}
            onChange={(event) => setSource(event.currentTarget.value)}
          />
          <Select
            label={t`Of`}
            allowDeselect={false}
            value={level}
            data={[
              { value: 'order', label: t`the order` },
              { value: 'line', label: t`each line` },
            ]}
            onChange={(value) => setLevel((value ?? 'order') as Draft['level'])}
          />
          <Select
            label={t`Type`}
            allowDeselect={false}
            value={type}
            data={Object.entries(types).map(([value, label]) => ({ value, label }))}
            onChange={(value) => setType((value ?? 'text') as Draft['type'])}
          />
          <span className={css.dim}>
            <Trans>
              In segments and letters: <code>{field}</code>. Orders that are here already get it within a minute.
            </Trans>
          </span>
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" disabled={!title.trim() || !source.trim()} loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Statuses() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const client = useQueryClient()
  const words = useStatusWords()
  const [all, setAll] = useState(false)
  const errorText = useErrorText()
  const statuses = useQuery(orderStatusesQuery)
  const set = useMutation({
    mutationFn: ({ word, status }: { word: string; status: OrderStatus | null }) => setOrderStatus(word, status),
    onSuccess: (rows) => {
      client.setQueryData(orderStatusesQuery.queryKey, rows)
      void client.invalidateQueries({ queryKey: ['orders'] })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const columns: Column<StatusWord>[] = [
    { id: 'word', header: t`The shop writes`, render: (one) => <span style={{ fontWeight: 500 }}>{one.word}</span> },
    {
      id: 'means',
      header: t`It means`,
      render: (one) =>
        may('edit') ? (
          <Select
            aria-label={t`What “${one.word}” means`}
            w={170}
            size="xs"
            clearable={one.status !== null}
            clearButtonProps={{ 'aria-label': t`The usual meaning` }}
            placeholder={one.usual ? words[one.usual] : t`not known`}
            value={one.status}
            data={Object.entries(words).map(([value, label]) => ({ value, label }))}
            onChange={(value) => set.mutate({ word: one.word, status: value as OrderStatus | null })}
          />
        ) : (
          words[one.status ?? one.usual ?? 'placed']
        ),
    },
    {
      id: 'state',
      header: t`State`,
      hide: 'sm',
      render: (one) =>
        one.status ? (
          <StateLabel tone="good">{t`by your choice`}</StateLabel>
        ) : one.usual ? (
          <StateLabel tone="idle">{t`usual word`}</StateLabel>
        ) : (
          <StateLabel tone="warn">{t`orders wait`}</StateLabel>
        ),
    },
    {
      id: 'orders',
      header: t`Orders`,
      align: 'right',
      hide: 'sm',
      render: (one) => (one.orders ? format.number(one.orders) : NOTHING),
    },
    { id: 'example', header: t`For example`, hide: 'md', render: (one) => (one.example ? `№ ${one.example}` : NOTHING) },
  ]
  return (
    <Panel
      title={t`Statuses of orders`}
      hint={t`An order with an unknown status keeps the one it had. Say what the word means, and all such orders follow.`}
      flush
      actions={
        <Switch
          size="xs"
          label={t`Usual words too`}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      }
    >
      <DataTable
        label={t`Statuses of orders`}
        columns={columns}
        rows={statuses.data?.filter((one) => all || one.status !== null || one.usual === null)}
        rowKey={(one) => one.word}
        keys={false}
        error={statuses.error && <ErrorNote error={statuses.error} />}
        empty={
          <Empty title={t`Every status is understood`}>
            <Trans>Orders came with usual words only. A word that is not known will be listed here.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}
