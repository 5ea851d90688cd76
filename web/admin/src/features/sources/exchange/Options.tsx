import { Button, Checkbox, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { notifyDone } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { ErrorNote } from '../../../components/States'
import {
  deleteExchange,
  exchangeQuery,
  exchangesQuery,
  updateExchange,
} from '../../../lib/api/endpoints/exchanges'
import type { Exchange } from '../../../lib/api/types'

/** What is exchanged and how. */
export function Options({ exchange, isReadOnly }: { exchange: Exchange; isReadOnly: boolean }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [draft, setDraft] = useState({
    name: exchange.name,
    catalogue: exchange.catalogue,
    orders: exchange.orders,
    encoding: exchange.encoding,
    price_type: exchange.price_type,
  })
  const set = (change: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...change }))
  const save = useMutation({
    mutationFn: () => updateExchange(exchange.id, { ...draft, name: draft.name.trim() }),
    onSuccess: (changed) => {
      client.setQueryData(exchangeQuery(exchange.id).queryKey, changed)
      void client.invalidateQueries({ queryKey: exchangesQuery.queryKey, exact: true })
      notifyDone(t`Saved`)
    },
  })
  return (
    <Panel title={t`Settings`}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={16} maw={480}>
          <TextInput
            label={t`Name`}
            required
            maxLength={120}
            disabled={isReadOnly}
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <Checkbox
            label={t`Products, prices and stock`}
            disabled={isReadOnly}
            checked={draft.catalogue}
            onChange={(event) => set({ catalogue: event.currentTarget.checked })}
          />
          <Checkbox
            label={t`Orders in both directions`}
            disabled={isReadOnly}
            checked={draft.orders}
            onChange={(event) => set({ orders: event.currentTarget.checked })}
          />
          <Select
            label={t`Type of prices`}
            description={t`Which of the prices of 1C products show; from the next exchange on. The list comes with the first one.`}
            placeholder={t`the first of each offer`}
            clearable
            disabled={isReadOnly}
            data={exchange.price_types.map((type) => ({ value: type.id, label: type.name || type.id }))}
            value={draft.price_type}
            onChange={(price_type) => set({ price_type })}
          />
          <Select
            label={t`Encoding of answers`}
            description={t`Choose windows-1251 when 1C shows unreadable letters.`}
            allowDeselect={false}
            disabled={isReadOnly}
            data={['utf-8', 'windows-1251']}
            value={draft.encoding}
            onChange={(encoding) => set({ encoding: encoding === 'windows-1251' ? encoding : 'utf-8' })}
          />
          {save.error && <ErrorNote error={save.error} />}
          {!isReadOnly && (
            <Group>
              <Button type="submit" loading={save.isPending} disabled={!draft.name.trim()}>
                <Trans>Save</Trans>
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Panel>
  )
}

export function Remove({ exchange }: { exchange: Exchange }) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const [isOpen, setOpen] = useState(false)
  const remove = useMutation({
    mutationFn: () => deleteExchange(exchange.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: exchangesQuery.queryKey, exact: true })
      void router.navigate({ to: '/sources/exchanges' })
    },
  })
  return (
    <Group>
      <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => setOpen(true)}>
        <Trans>Delete the connection</Trans>
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={t`Delete the connection?`}>
        <Stack gap={16}>
          <span>
            <Trans>
              1C will not get in any more, and the log of exchanges goes. Products stay until you delete their
              feed in the catalogue; orders stay.
            </Trans>
          </span>
          {remove.error && <ErrorNote error={remove.error} />}
          <Group>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
              <Trans>Delete</Trans>
            </Button>
            <Button variant="default" onClick={() => setOpen(false)}>
              <Trans>Cancel</Trans>
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Group>
  )
}
