import { Button, Group, Modal, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyError } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { ErrorNote, useErrorText } from '../../../components/States'
import { sendersQuery } from '../../../lib/api/endpoints/channels'
import { domainWarmupsQuery, endDomainWarmup, putDomainWarmup } from '../../../lib/api/endpoints/relays'
import type { DomainWarmup } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Relays.module.css'
import { draftOf, NEW_WARMUP, planOf, WarmupFields } from './WarmupFields'
import { WarmupView } from './WarmupView'

/** Warm-ups of senders' domains, whatever server their letters go through. */
export function DomainWarmups() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const { data, error, refetch } = useQuery(domainWarmupsQuery)
  const [edited, setEdited] = useState<DomainWarmup | 'new' | null>(null)
  const end = useMutation({
    mutationFn: endDomainWarmup,
    onSuccess: () => void client.invalidateQueries({ queryKey: domainWarmupsQuery.queryKey }),
    onError: (failure) => notifyError(errorText(failure)),
  })
  if (error) return <ErrorNote error={error} retry={() => void refetch()} />
  return (
    <Panel
      title={t`Warm-up of a sender's domain`}
      hint={t`Mail providers do not trust a domain that sent nothing before. Begin with few letters a day to those who read you.`}
      actions={
        may('manage') && (
          <Button variant="default" size="compact-sm" onClick={() => setEdited('new')}>
            <Trans>Warm up a domain</Trans>
          </Button>
        )
      }
    >
      <Stack gap={16}>
        {data?.length === 0 && (
          <p className={css.note}>
            <Trans>No domain is being warmed up.</Trans>
          </p>
        )}
        {data?.map((one) => (
          <Stack key={one.domain} gap={8}>
            <Group justify="space-between" gap={8}>
              <strong>{one.domain}</strong>
              {may('manage') && (
                <Group gap={4}>
                  <Button variant="subtle" size="compact-sm" color="gray" onClick={() => setEdited(one)} aria-label={t`Edit the warm-up of ${one.domain}`}>
                    <Trans>Edit</Trans>
                  </Button>
                  <Button variant="subtle" size="compact-sm" color="red" loading={end.isPending} onClick={() => end.mutate(one.domain)} aria-label={t`End the warm-up of ${one.domain}`}>
                    <Trans>End</Trans>
                  </Button>
                </Group>
              )}
            </Group>
            <WarmupView warmup={one.warmup} />
          </Stack>
        ))}
      </Stack>
      {edited && <WarmupForm warmup={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Panel>
  )
}

function WarmupForm({ warmup, onClose }: { warmup: DomainWarmup | null; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const senders = useQuery(sendersQuery)
  const domains = [...new Set(senders.data?.map((one) => one.domain) ?? [])]
  const [domain, setDomain] = useState<string | null>(warmup?.domain ?? null)
  const [draft, setDraft] = useState(warmup ? draftOf(warmup.warmup.plan) : NEW_WARMUP)
  const chosen = domain ?? domains[0] ?? null
  const plan = planOf(draft)
  const save = useMutation({
    mutationFn: () => putDomainWarmup(chosen!, plan!),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: domainWarmupsQuery.queryKey })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Warm-up of a domain`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={12}>
        <Select
          label={t`Domain of the sender`}
          data={warmup ? [warmup.domain] : domains}
          value={chosen}
          onChange={setDomain}
          disabled={warmup !== null}
          allowDeselect={false}
          nothingFoundMessage={t`Add a sender first`}
        />
        <WarmupFields value={draft} onChange={setDraft} />
        {save.error && <ErrorNote error={save.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button disabled={!chosen || !plan} loading={save.isPending} onClick={() => save.mutate()}>
            <Trans>Save</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
