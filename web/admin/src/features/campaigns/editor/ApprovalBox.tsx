import { Button, Group, Stack, Textarea } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyDone } from '../../../components/notify'
import { ErrorNote, Note } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { meQuery } from '../../../lib/api/endpoints/accounts'
import {
  askApproval,
  campaignQuery,
  checksQuery,
  decideApproval,
  takeBackApproval,
} from '../../../lib/api/endpoints/campaigns'
import type { Campaign } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'

interface ApprovalBoxProps {
  campaign: Campaign
  revision: string
  /** A letter was changed after the approval, so that it holds no more. */
  isStale: boolean
  /** Something else than the approval still stands in the way. */
  isBlocked: boolean
  flush: () => Promise<boolean>
}

/** The yes of a second person: asking for it, giving it, and what was said. */
export function ApprovalBox({ campaign, revision, isStale, isBlocked, flush }: ApprovalBoxProps) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const [note, setNote] = useState('')
  const { approval } = campaign
  const isPresent = approval?.version === campaign.version && !isStale
  const state = isPresent ? approval.state : null
  const options = {
    onSuccess: (changed: Campaign | null) => {
      if (!changed) return
      client.setQueryData(campaignQuery(campaign.id).queryKey, changed)
      void client.invalidateQueries({ queryKey: checksQuery(campaign.id, revision).queryKey })
      setNote('')
    },
  }
  const ask = useMutation({
    mutationFn: async () => {
      // Nobody is asked about what could not be saved; the page says so itself.
      return (await flush()) ? askApproval(campaign.id, note.trim()) : null
    },
    ...options,
  })
  const takeBack = useMutation({ mutationFn: () => takeBackApproval(campaign.id), ...options })
  const decide = useMutation({
    mutationFn: (approve: boolean) => decideApproval(campaign.id, approve, note.trim()),
    onSuccess: (changed: Campaign) => {
      options.onSuccess(changed)
      notifyDone(changed.approval?.state === 'approved' ? t`Approved` : t`Sent back`)
    },
  })
  const error = ask.error ?? takeBack.error ?? decide.error
  const isMine = approval?.by === me?.user.id
  const noteField = (label: string) => (
    <Textarea
      label={label}
      autosize
      minRows={1}
      maxRows={6}
      maxLength={1000}
      value={note}
      onChange={(event) => setNote(event.currentTarget.value)}
    />
  )
  return (
    <Stack gap={8} aria-label={t`Approval`} role="group">
      {approval?.state === 'rejected' && (
        <Note level="warning">
          <Trans>
            {approval.decided_by_name} sent it back, <DateTime at={approval.decided_at} />.
          </Trans>
          {approval.decided_note && <div>{approval.decided_note}</div>}
        </Note>
      )}
      {state === 'approved' && (
        <Note level="info">
          <Trans>
            Approved by {approval?.decided_by_name}, <DateTime at={approval?.decided_at ?? null} />.
          </Trans>
          {approval?.decided_note && <div>{approval.decided_note}</div>}
        </Note>
      )}
      {state === 'requested' && (
        <>
          <Note level="info">
            <Trans>
              {approval?.by_name} asks for an approval, <DateTime at={approval?.at ?? null} />.
            </Trans>
            {approval?.note && <div>{approval.note}</div>}
          </Note>
          {isMine || !may('send') ? (
            <Button variant="default" loading={takeBack.isPending} onClick={() => takeBack.mutate()}>
              <Trans>Take the request back</Trans>
            </Button>
          ) : (
            <>
              {noteField(t`Note to the author`)}
              <Group gap={8} grow>
                <Button variant="default" loading={decide.isPending} onClick={() => decide.mutate(false)}>
                  <Trans>Send back</Trans>
                </Button>
                <Button loading={decide.isPending} onClick={() => decide.mutate(true)}>
                  <Trans>Approve</Trans>
                </Button>
              </Group>
            </>
          )}
        </>
      )}
      {(state === null || state === 'rejected') && may('edit') && (
        <>
          {noteField(t`Note for the approval`)}
          <Button disabled={isBlocked} loading={ask.isPending} onClick={() => ask.mutate()}>
            <Trans>Ask for an approval</Trans>
          </Button>
        </>
      )}
      {error && <ErrorNote error={error} />}
    </Stack>
  )
}
