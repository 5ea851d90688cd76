import { Button, Group, Modal, Stack } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'

import { ErrorNote } from '../../../components/States'
import { campaignQuery, launchCampaign } from '../../../lib/api/endpoints/campaigns'
import type { Campaign, CampaignInput } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { wallText } from './draft'

interface LaunchDialogProps {
  campaign: Campaign
  draft: CampaignInput
  /** People who will get a letter. */
  count: number
  /** The same with the control group: what the server confirms against. */
  total: number
  label: string
  onClose: () => void
}

/** The last question: people outside are touched, and it names how many. */
export function LaunchDialog({ campaign, draft, count, total, label, onClose }: LaunchDialogProps) {
  const { t, i18n } = useLingui()
  const lang = i18n.locale === 'ru' ? 'ru' : 'en'
  const format = useFormat()
  const client = useQueryClient()
  const launch = useMutation({
    mutationFn: () => launchCampaign(campaign.id, total),
    onSuccess: (launched) => {
      client.setQueryData(campaignQuery(campaign.id).queryKey, launched)
      void client.invalidateQueries({ queryKey: ['campaigns'] })
      onClose()
    },
    // The audience may have changed since it was counted; the figures are asked for again.
    onError: () => void client.invalidateQueries({ queryKey: ['campaigns', campaign.id, 'audience'] }),
  })
  return (
    <Modal opened onClose={onClose} title={t`Launch “${draft.name}”`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={16}>
        <div>
          {draft.schedule.kind === 'own' && draft.schedule.own_time !== null ? (
            <Trans>
              At {wallText(draft.schedule.own_time, lang)} by each person's own clock the letter goes to{' '}
              <strong>
                <Plural value={count} one="# person" other="# people" />
              </strong>
              . Until then it can be stopped.
            </Trans>
          ) : draft.schedule.at !== null ? (
            <Trans>
              On {format.dateTime(draft.schedule.at)} ({format.timeZone}) the letter goes to{' '}
              <strong>
                <Plural value={count} one="# person" other="# people" />
              </strong>
              . Until then it can be stopped.
            </Trans>
          ) : (
            <Trans>
              The letter goes at once to{' '}
              <strong>
                <Plural value={count} one="# person" other="# people" />
              </strong>
              . Sending can be paused, but what has gone cannot be taken back.
            </Trans>
          )}
        </div>
        {launch.error && <ErrorNote error={launch.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Not yet</Trans>
          </Button>
          <Button loading={launch.isPending} onClick={() => launch.mutate()} data-autofocus>
            {label}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
