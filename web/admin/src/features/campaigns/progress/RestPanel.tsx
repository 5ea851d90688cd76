import { Button, Group, Modal, Select, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { useArmName } from '../../../components/arms'
import { notifyDone } from '../../../components/notify'
import { ErrorNote, Note } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { campaignQuery, sendRest } from '../../../lib/api/endpoints/campaigns'
import type { Campaign, Progress } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { useMetricName } from '../editor/FirstPart'

const HOUR_MS = 3_600_000

/** What became of a mailing that went to a part first: what the rest waits for, or what it got. */
export function RestPanel({ campaign, progress }: { campaign: Campaign; progress: Progress }) {
  const client = useQueryClient()
  const { first, choice } = campaign
  // The rule chooses on the server, while the page only follows the progress.
  const isStale = progress.winner !== null && choice === null
  useEffect(() => {
    if (isStale) void client.invalidateQueries({ queryKey: campaignQuery(campaign.id).queryKey, exact: true })
  }, [client, campaign.id, isStale])
  if (!first) return null
  if (choice) return <Chosen campaign={campaign} choice={choice} />
  if (progress.held === 0) return null
  return <Waiting campaign={campaign} first={first} progress={progress} />
}

function useVariantName(campaign: Campaign): (key: string) => string {
  const armName = useArmName()
  const names = new Map(campaign.variants.map((variant) => [variant.key, variant.name]))
  return (key) => armName(key, names.get(key) ?? '')
}

function Chosen({ campaign, choice }: { campaign: Campaign; choice: NonNullable<Campaign['choice']> }) {
  const format = useFormat()
  const metricName = useMetricName()
  const variantName = useVariantName(campaign)
  const rate = (key: string) => {
    const value = choice.rates[key] ?? 0
    return choice.metric === 'revenue' ? format.money(value) : format.percent(value, 1)
  }
  return (
    <Note level="info">
      {choice.by === 'hand' ? (
        <Trans>
          The rest gets variant “{variantName(choice.variant)}”: chosen by hand, <DateTime at={choice.at} />.
        </Trans>
      ) : (
        <Trans>
          The rest gets variant “{variantName(choice.variant)}”: it led by{' '}
          {choice.metric ? metricName(choice.metric) : ''}, <DateTime at={choice.at} />.
        </Trans>
      )}
      {choice.by === 'rule' && Object.keys(choice.rates).length > 1 && (
        <div className="tnum">
          {Object.keys(choice.rates)
            .map((key) => `${variantName(key)}: ${rate(key)}`)
            .join(' · ')}
        </div>
      )}
      {choice.is_tie ? (
        <div>
          <Trans>The best variants were equal, so the first of them was taken.</Trans>
        </div>
      ) : (
        choice.is_clear === false && (
          <div>
            <Trans>The lead is not significant: it may be chance.</Trans>
          </div>
        )
      )}
    </Note>
  )
}

interface WaitingProps {
  campaign: Campaign
  first: NonNullable<Campaign['first']>
  progress: Progress
}

function Waiting({ campaign, first, progress }: WaitingProps) {
  const { t } = useLingui()
  const may = useAccess()
  const metricName = useMetricName()
  const [choosing, { open, close }] = useDisclosure(false)
  const decides =
    progress.first_done_at === null
      ? null
      : new Date(new Date(progress.first_done_at).getTime() + first.hours * HOUR_MS).toISOString()
  return (
    <Note level="info">
      <Stack gap={8}>
        <span>
          <Plural
            value={progress.held}
            one="# person of the rest waits for a choice."
            other="# people of the rest wait for a choice."
          />{' '}
          {first.decide === 'hand' ? (
            <Trans>Look at the report of the first part below, then choose.</Trans>
          ) : decides === null ? (
            <Trans>The time runs from when the first part has been written to.</Trans>
          ) : campaign.variants.length > 1 ? (
            <Trans>
              The best variant by {metricName(first.metric)} goes out after <DateTime at={decides} />.
            </Trans>
          ) : (
            <Trans>
              The letter goes out to them after <DateTime at={decides} />.
            </Trans>
          )}
        </span>
        {may('send') && (
          <div>
            <Button size="compact-sm" variant={first.decide === 'hand' ? 'filled' : 'default'} onClick={open}>
              {first.decide === 'hand' ? t`Send the rest` : t`Choose now`}
            </Button>
          </div>
        )}
      </Stack>
      {choosing && <ChoiceDialog campaign={campaign} count={progress.held} onClose={close} />}
    </Note>
  )
}

function ChoiceDialog({ campaign, count, onClose }: { campaign: Campaign; count: number; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const variantName = useVariantName(campaign)
  const [variant, setVariant] = useState(campaign.variants[0]?.key ?? 'A')
  const send = useMutation({
    mutationFn: () => sendRest(campaign.id, variant),
    onSuccess: (changed) => {
      client.setQueryData(campaignQuery(campaign.id).queryKey, changed)
      void client.invalidateQueries({ queryKey: ['campaigns', campaign.id] })
      notifyDone(t`The rest is on its way`)
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Send the rest`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={16}>
        <span>
          <Trans>
            The variant goes to <Plural value={count} one="# person" other="# people" />. This cannot be taken
            back.
          </Trans>
        </span>
        <Select
          label={t`Variant`}
          data-autofocus
          allowDeselect={false}
          value={variant}
          data={campaign.variants.map(({ key }) => ({ value: key, label: variantName(key) }))}
          onChange={(key) => key && setVariant(key)}
        />
        {send.error && <ErrorNote error={send.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Not yet</Trans>
          </Button>
          <Button loading={send.isPending} onClick={() => send.mutate()}>
            <Trans>Send the rest</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
