import { Alert, Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload, IconTrash } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { notifyDone, notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { ErrorNote, StateLabel, useErrorText } from '../../components/States'
import {
  erasePerson,
  ERASURES_KEY,
  exportAddress,
  orderExport,
  personExportsQuery,
  personRequestsQuery,
} from '../../lib/api/endpoints/privacy'
import type { ErasureBasis } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { NewRequestDialog } from './NewRequestDialog'
import css from './Privacy.module.css'
import { URGENCY_TONES, useCountdown, usePrivacyWords } from './words'

/** What a person may ask of the company: a copy of his data, an entry in the register, erasure. */
export function PersonDataPanel({ id }: { id: number }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const format = useFormat()
  const may = useAccess()
  const words = usePrivacyWords()
  const countdown = useCountdown()
  const errorText = useErrorText()
  const copies = useQuery({ ...personExportsQuery(id), enabled: may('edit') })
  const requests = useInfiniteQuery(personRequestsQuery('open', id))
  const [asking, ask] = useDisclosure(false)
  const [erasing, erase] = useDisclosure(false)
  const order = useMutation({
    mutationFn: () => orderExport(id),
    onSuccess: () => void client.invalidateQueries({ queryKey: personExportsQuery(id).queryKey }),
    onError: (error) => notifyError(errorText(error)),
  })
  const open = requests.data?.pages.flatMap((page) => page.items) ?? []
  if (!may('edit') && open.length === 0) return null
  return (
    <Panel title={t`Personal data`}>
      <Stack gap={12}>
        {open.length > 0 && (
          <ul className={css.plain}>
            {open.map((request) => (
              <li key={request.id} className={css.between}>
                <span>
                  {request.number}. {words.kinds[request.kind]}
                </span>
                <StateLabel tone={URGENCY_TONES[request.urgency]}>{countdown(request)}</StateLabel>
              </li>
            ))}
          </ul>
        )}
        {copies.data && copies.data.length > 0 && (
          <ul className={css.plain}>
            {copies.data.map((copy) => (
              <li key={copy.id} className={css.between}>
                <span>
                  {t`Copy of ${format.dateTime(copy.created_at)}`}
                  <div className={css.dim}>{t`kept until ${format.date(copy.expires_at)}`}</div>
                </span>
                {copy.state === 'ready' ? (
                  <Button
                    component="a"
                    href={exportAddress(copy.id)}
                    variant="default"
                    size="compact-sm"
                    leftSection={<IconDownload size={14} />}
                  >
                    <Trans>Download</Trans>
                  </Button>
                ) : (
                  <StateLabel tone={copy.state === 'waiting' ? 'live' : 'bad'}>
                    {copy.state === 'waiting' ? t`being made` : t`failed`}
                  </StateLabel>
                )}
              </li>
            ))}
          </ul>
        )}
        {may('edit') && (
          <Group gap={8}>
            <Button variant="default" size="compact-sm" loading={order.isPending} onClick={() => order.mutate()}>
              <Trans>Make a copy</Trans>
            </Button>
            <Button variant="default" size="compact-sm" onClick={ask.open}>
              <Trans>Enter a request</Trans>
            </Button>
            {may('manage') && (
              <Button
                variant="subtle"
                color="red"
                size="compact-sm"
                leftSection={<IconTrash size={14} />}
                onClick={erase.open}
              >
                <Trans>Erase the person</Trans>
              </Button>
            )}
          </Group>
        )}
      </Stack>
      {asking && <NewRequestDialog profile={id} onClose={ask.close} />}
      {erasing && (
        <EraseDialog
          id={id}
          requests={open.map((request) => ({
            value: request.id,
            label: `${request.number}. ${words.kinds[request.kind]}`,
          }))}
          onClose={erase.close}
        />
      )}
    </Panel>
  )
}

const BASES: ErasureBasis[] = ['request', 'withdrawal', 'purpose_reached', 'unlawful', 'gdpr', 'company']

interface EraseDialogProps {
  id: number
  requests: { value: string; label: string }[]
  onClose: () => void
}

/** There is no way back, so the number of the customer is typed by hand. */
function EraseDialog({ id, requests, onClose }: EraseDialogProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const router = useRouter()
  const words = usePrivacyWords()
  const [basis, setBasis] = useState<ErasureBasis>('request')
  const [request, setRequest] = useState<string | null>(requests[0]?.value ?? null)
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const erase = useMutation({
    mutationFn: () =>
      erasePerson({
        profile_id: id,
        confirm: Number(typed),
        basis,
        reason: reason.trim(),
        request_id: request,
      }),
    onSuccess: (erasure) => {
      void client.invalidateQueries({ queryKey: ERASURES_KEY })
      client.removeQueries({ queryKey: ['profiles', id] })
      notifyDone(t`The erasure is going on; act ${erasure.number} says what is destroyed`)
      router.history.push('/requests?tab=erasures')
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      size={560}
      title={t`Erase customer ${id}`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          erase.mutate()
        }}
      >
        <Stack gap={12}>
          <Alert color="red" variant="light" title={t`It can’t be undone`}>
            <Trans>
              The profile, events, orders, consents and messages are destroyed in both databases, and letters
              that wait for them are not sent. The addresses stay on the stop list as codes, so a later import
              brings them no mail. Figures of reports stay.
            </Trans>
          </Alert>
          <Select
            label={t`Basis`}
            allowDeselect={false}
            value={basis}
            data={BASES.map((value) => ({ value, label: words.bases[value] }))}
            onChange={(value) => value && setBasis(value)}
          />
          {requests.length > 0 && (
            <Select
              label={t`By request`}
              clearable
              clearButtonProps={{ 'aria-label': t`Without a request` }}
              placeholder={t`Without a request`}
              value={request}
              data={requests}
              onChange={setRequest}
            />
          )}
          <TextInput
            label={t`Reason for the act`}
            description={t`Without names and addresses: the act stays when the person is gone.`}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <TextInput
            label={t`Type the number of the customer: ${id}`}
            data-autofocus
            autoComplete="off"
            inputMode="numeric"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value.trim())}
          />
          {erase.error && <ErrorNote error={erase.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" color="red" disabled={typed !== String(id)} loading={erase.isPending}>
              <Trans>Erase for good</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
