import { Button, Group, Modal, Select, Stack, Switch, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { ErrorNote } from '../../../components/States'
import { sendersQuery } from '../../../lib/api/endpoints/channels'
import {
  addTrackingDomain,
  changeTrackingDomain,
  checkTrackingDomain,
  trackingDomainsQuery,
} from '../../../lib/api/endpoints/tracking'
import type { TrackingDomain } from '../../../lib/api/types'

const ALL = ''

/** A name and whose letters use it. It is looked at as soon as it is saved. */
export function DomainForm({ domain, onClose }: { domain: TrackingDomain | null; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const senders = useQuery(sendersQuery)
  const form = useForm({
    initialValues: {
      host: domain?.host ?? '',
      sender_domain: domain?.sender_domain ?? ALL,
      secure: domain?.secure ?? true,
    },
    validate: { host: (value) => (value.trim() ? null : t`Enter a name, for example links.shop.example`) },
  })
  const save = useMutation({
    mutationFn: async ({ host, sender_domain, secure }: typeof form.values) => {
      const values = { sender_domain: sender_domain || null, secure }
      const saved = domain
        ? await changeTrackingDomain(domain.id, values)
        : await addTrackingDomain({ host: host.trim(), ...values })
      // It is saved; what the look finds, or that it failed, the page shows.
      if (saved.state !== 'working') await checkTrackingDomain(saved.id).catch(() => undefined)
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: trackingDomainsQuery.queryKey }),
  })
  const domains = [...new Set([...(senders.data ?? []).map((sender) => sender.domain), domain?.sender_domain ?? ALL])]
  return (
    <Modal
      opened
      onClose={onClose}
      title={domain ? t`Tracking domain` : t`New tracking domain`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <Stack gap={12}>
          <TextInput
            label={t({ context: 'domain', message: 'Name' })}
            description={
              domain ? t`The name cannot be changed: add another domain.` : t`In a domain whose records you can change.`
            }
            placeholder="links.shop.example"
            disabled={domain !== null}
            data-autofocus
            {...form.getInputProps('host')}
          />
          <Select
            label={t`Used by letters of`}
            allowDeselect={false}
            data={[
              { value: ALL, label: t`all senders` },
              ...domains.filter(Boolean).map((value) => ({ value, label: value })),
            ]}
            {...form.getInputProps('sender_domain')}
          />
          <Switch
            label={t`Links begin with https`}
            description={t`Turn off only if nothing before the program can have a certificate.`}
            {...form.getInputProps('secure', { type: 'checkbox' })}
          />
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={save.isPending}>
              <Trans>Save and check</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
