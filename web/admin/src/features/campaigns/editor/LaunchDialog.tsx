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
  /** How many of them are written to first, when it goes to a part first. */
  firstPart: number | null
  /** When the first letter leaves, if quiet hours hold all of them back until then. */
  waitsUntil: string | null
  label: string
  onClose: () => void
}

/** The last question: people outside are touched, and it names how many. */
export function LaunchDialog({ campaign, draft, count, total, firstPart, waitsUntil, label, onClose }: LaunchDialogProps) {
  const { t, i18n } = useLingui()
  const lang = i18n.locale === 'ru' ? 'ru' : 'en'
  const format = useFormat()
  const client = useQueryClient()
  const at = draft.schedule.at ?? waitsUntil
  const people = firstPart === null ? count : Math.min(firstPart, count)
  const rest = count - people
  const launch = useMutation({
    mutationFn: () => launchCampaign(campaign.id, total, campaign.version),
    onSuccess: (launched) => {
      client.setQueryData(campaignQuery(campaign.id).queryKey, launched)
      void client.invalidateQueries({ queryKey: ['campaigns'] })
      onClose()
    },
    // The audience or the draft may have changed since it was looked at; all of it is asked for again.
    onError: () => void client.invalidateQueries({ queryKey: ['campaigns', campaign.id] }),
  })
  return (
    <Modal opened onClose={onClose} title={t`Launch “${draft.name}”`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={16}>
        <div>
          {draft.schedule.kind === 'own' && draft.schedule.own_time !== null ? (
            <Trans>
              At {wallText(draft.schedule.own_time, lang)} by each person's own clock the letter goes to{' '}
              <strong>
                <Plural value={people} one="# person" other="# people" />
              </strong>
              . Until then it can be stopped.
            </Trans>
          ) : at !== null ? (
            <Trans>
              On {format.dateTime(at)} ({format.timeZone}) the letter goes to{' '}
              <strong>
                <Plural value={people} one="# person" other="# people" />
              </strong>
              . Until then it can be stopped.
            </Trans>
          ) : (
            <Trans>
              The letter goes at once to{' '}
              <strong>
                <Plural value={people} one="# person" other="# people" />
              </strong>
              . Sending can be paused, but what has gone cannot be taken back.
            </Trans>
          )}
        </div>
        {draft.first !== null && rest > 0 && (
          <div>
            {draft.first.decide === 'hand' ? (
              <Plural
                value={rest}
                one="That is the first part: # more person waits until somebody chooses what the rest gets."
                other="That is the first part: # more people wait until somebody chooses what the rest gets."
              />
            ) : (
              <Plural
                value={rest}
                one="That is the first part: # more person gets the letter after that by itself."
                other="That is the first part: # more people get the letter after that by itself."
              />
            )}
          </div>
        )}
        {draft.schedule.spread_hours !== null && (
          <div>
            <Plural
              value={draft.schedule.spread_hours}
              one="The letters leave evenly over # hour."
              other="The letters leave evenly over # hours."
            />
          </div>
        )}
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
