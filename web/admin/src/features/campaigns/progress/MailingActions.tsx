import { Button, Group, Modal, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { notifyDone, notifyError } from '../../../components/notify'
import { useErrorText } from '../../../components/States'
import {
  campaignQuery,
  finishCampaign,
  pauseCampaign,
  progressQuery,
  resumeCampaign,
} from '../../../lib/api/endpoints/campaigns'
import type { Campaign } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'

/** Pause, resume, finish: what can be done with a mailing under way. */
export function MailingActions({ campaign }: { campaign: Campaign }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [finishing, { open, close }] = useDisclosure(false)
  const { data: progress } = useQuery({ ...progressQuery(campaign.id), enabled: false })
  const state = progress?.state ?? campaign.state
  const act = useMutation({
    mutationFn: (action: (id: string) => Promise<Campaign>) => action(campaign.id),
    onSuccess: (changed) => {
      client.setQueryData(campaignQuery(campaign.id).queryKey, changed)
      void client.invalidateQueries({ queryKey: ['campaigns'] })
      close()
    },
    onError: (error) => notifyError(errorText(error)),
  })
  if (!may('send')) return null
  const isPreparing = state === 'preparing'
  const isMoving = state === 'running'
  const waiting = progress ? progress.pending + progress.sending : 0
  return (
    <>
      {isMoving && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={16} />}
          loading={act.isPending}
          onClick={() =>
            act.mutate(pauseCampaign, { onSuccess: () => notifyDone(t`The mailing is paused`) })
          }
        >
          <Trans>Pause</Trans>
        </Button>
      )}
      {state === 'paused' && (
        <Button
          leftSection={<IconPlayerPlay size={16} />}
          loading={act.isPending}
          onClick={() => act.mutate(resumeCampaign)}
        >
          <Trans>Resume</Trans>
        </Button>
      )}
      {isPreparing && (
        <Button variant="default" loading={act.isPending} onClick={() => act.mutate(finishCampaign)}>
          <Trans>Call the launch off</Trans>
        </Button>
      )}
      {(isMoving || state === 'paused') && (
        <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={open}>
          <Trans>Finish</Trans>
        </Button>
      )}
      <Modal
        opened={finishing}
        onClose={close}
        title={t`Finish the mailing`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        <Stack gap={16}>
          <div>
            <Plural
              value={waiting}
              _0="Everybody has been written to. The mailing will be closed."
              one="# person has not been written to yet and will not be. This cannot be undone."
              other="# people have not been written to yet and will not be. This cannot be undone."
            />
          </div>
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={close}>
              <Trans>Go on sending</Trans>
            </Button>
            <Button color="red" loading={act.isPending} onClick={() => act.mutate(finishCampaign)}>
              <Trans>Finish</Trans>
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
