import { ActionIcon, Button, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyDone } from '../../../components/notify'
import { ErrorNote } from '../../../components/States'
import { campaignQuery, updateCampaign } from '../../../lib/api/endpoints/campaigns'
import type { Campaign, Goal } from '../../../lib/api/types'
import { GoalFields, GOALS_MAX } from '../editor/GoalSection'
import css from '../editor/Editor.module.css'

const WEEK_HOURS = 168
const UNDER_WAY = new Set(['preparing', 'running', 'paused'])

interface LiveChangesProps {
  campaign: Campaign
  onClose: () => void
}

/** What may still be changed of a mailing that was launched: neither the letters nor the people. */
export function LiveChanges({ campaign, onClose }: LiveChangesProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [name, setName] = useState(campaign.name)
  const [rate, setRate] = useState(campaign.rate_per_s)
  const [goals, setGoals] = useState(campaign.more_goals)
  const set = (place: number, next: Goal | null) =>
    setGoals(goals.flatMap((one, index) => (index === place ? (next ?? []) : one)))
  const save = useMutation({
    mutationFn: () =>
      updateCampaign(campaign.id, {
        ...(name.trim() !== campaign.name && { name: name.trim() }),
        ...(rate !== campaign.rate_per_s && { rate_per_s: rate }),
        more_goals: goals.filter((one) => one.event !== ''),
      }),
    onSuccess: (changed) => {
      client.setQueryData(campaignQuery(campaign.id).queryKey, changed)
      void client.invalidateQueries({ queryKey: ['campaigns'] })
      notifyDone(t`Saved`)
      onClose()
    },
  })
  return (
    <Modal
      opened
      size={760}
      onClose={onClose}
      title={t`Change the mailing`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap={16}>
        <TextInput
          label={t`Name of the mailing`}
          data-autofocus
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {UNDER_WAY.has(campaign.state) && (
          <NumberInput
            label={t`Letters a second at most`}
            description={t`Empty: as fast as the mail server takes them.`}
            w={320}
            min={1}
            max={10_000}
            allowDecimal={false}
            placeholder={t`No limit`}
            value={rate ?? ''}
            onChange={(value) => setRate(typeof value === 'number' && value > 0 ? value : null)}
          />
        )}
        {campaign.goal && (
          <>
            {goals.map((one, place) => (
              <div key={place} className={css.moreGoal} role="group" aria-label={t`Further target action ${place + 1}`}>
                <GoalFields goal={one} none={null} isReadOnly={false} onChange={(next) => set(place, next)} />
                <ActionIcon aria-label={t`Remove this target action`} onClick={() => set(place, null)}>
                  <IconX size={16} />
                </ActionIcon>
              </div>
            ))}
            {goals.length < GOALS_MAX - 1 && (
              <div>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  leftSection={<IconPlus size={14} />}
                  onClick={() =>
                    setGoals([
                      ...goals,
                      { event: campaign.goal?.event ?? '', filters: [], window_hours: WEEK_HOURS, revenue_property: null },
                    ])
                  }
                >
                  <Trans>Another target action</Trans>
                </Button>
                <p style={{ margin: '4px 0 0', fontSize: 13, color: 'var(--text-dim)' }}>
                  <Trans>The main one was fixed at the launch and decides; further ones explain and may come later.</Trans>
                </p>
              </div>
            )}
          </>
        )}
        {save.error && <ErrorNote error={save.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button disabled={!name.trim()} loading={save.isPending} onClick={() => save.mutate()}>
            <Trans>Save</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
