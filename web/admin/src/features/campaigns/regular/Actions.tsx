import { Button, Group, Menu, Modal, Stack, TagsInput, Textarea } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconChevronDown, IconPlayerPause, IconPlayerPlay, IconSend } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { notifyDone, notifyError } from '../../../components/notify'
import { ErrorNote, Note, useErrorText } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { meQuery } from '../../../lib/api/endpoints/accounts'
import {
  askRegularApproval,
  decideRegularApproval,
  deleteRegular,
  finishRegular,
  keepRegularRun,
  pauseRegular,
  skipRegularRun,
  startRegular,
  takeBackRegularApproval,
  testRegular,
} from '../../../lib/api/endpoints/regular'
import type { RegularMailing } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'

const ADDRESSES_MAX = 10

interface ActionsProps {
  mailing: RegularMailing
  profileId: number | null
  isBlocked: boolean
}

/** What can be done with a regular mailing now. */
export function Actions({ mailing, profileId, isBlocked }: ActionsProps) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const router = useRouter()
  const errorText = useErrorText()
  const [testing, { open, close }] = useDisclosure(false)
  const run = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSettled: () => void client.invalidateQueries({ queryKey: ['regular'] }),
    onError: (error) => notifyError(errorText(error)),
  })
  const act = (what: () => Promise<unknown>, said: string) => () =>
    run.mutate(async () => {
      await what()
      notifyDone(said)
    })
  const { state, id } = mailing
  const canSend = may('send')
  const canDelete = may('edit') && state !== 'active' && mailing.runs === 0
  return (
    <>
      {may('edit') && mailing.letter_id && (
        <Button variant="default" leftSection={<IconSend size={16} />} onClick={open}>
          <Trans>Send a test</Trans>
        </Button>
      )}
      {canSend && state === 'active' && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={16} />}
          loading={run.isPending}
          onClick={act(() => pauseRegular(id), t`Paused`)}
        >
          <Trans>Pause</Trans>
        </Button>
      )}
      {canSend && (state === 'draft' || state === 'paused') && (
        <Button
          leftSection={<IconPlayerPlay size={16} />}
          disabled={isBlocked}
          loading={run.isPending}
          onClick={act(() => startRegular(id), t`It goes out by its plan from now on`)}
        >
          {state === 'draft' ? <Trans>Start</Trans> : <Trans>Resume</Trans>}
        </Button>
      )}
      {((canSend && (state === 'active' || state === 'paused')) || canDelete) && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={14} />}>
              <Trans>More</Trans>
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {canSend && state === 'active' && !mailing.next_skipped && (
              <Menu.Item onClick={act(() => skipRegularRun(id), t`The next run is left out`)}>
                <Trans>Leave out the next run</Trans>
              </Menu.Item>
            )}
            {canSend && state === 'active' && mailing.next_skipped && (
              <Menu.Item onClick={act(() => keepRegularRun(id), t`The next run goes out as planned`)}>
                <Trans>Let the next run go out</Trans>
              </Menu.Item>
            )}
            {canSend && (state === 'active' || state === 'paused') && (
              <Menu.Item color="red" onClick={act(() => finishRegular(id), t`Finished for good`)}>
                <Trans>Finish for good</Trans>
              </Menu.Item>
            )}
            {canDelete && (
              <Menu.Item
                color="red"
                onClick={() =>
                  run.mutate(async () => {
                    await deleteRegular(id)
                    router.history.push('/mailings/regular')
                  })
                }
              >
                <Trans>Delete</Trans>
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      {testing && <TestDialog id={id} profileId={profileId} onClose={close} />}
    </>
  )
}

function TestDialog({ id, profileId, onClose }: { id: string; profileId: number | null; onClose: () => void }) {
  const { t } = useLingui()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const [addresses, setAddresses] = useState<string[]>(me ? [me.user.email] : [])
  const send = useMutation({ mutationFn: () => testRegular(id, addresses, profileId) })
  const wrong = addresses.filter((address) => !/^\S+@\S+$/.test(address))
  return (
    <Modal opened onClose={onClose} title={t`Send a test`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={12}>
        <TagsInput
          label={t`To`}
          description={t`The letter of the next run, as the preview shows it. No run is made of it.`}
          data-autofocus
          maxTags={ADDRESSES_MAX}
          acceptValueOnBlur
          splitChars={[',', ' ', ';']}
          value={addresses}
          error={wrong.length > 0 && t`Not an address: ${wrong.join(', ')}`}
          onChange={(next) => {
            setAddresses(next)
            send.reset()
          }}
        />
        {send.error && <ErrorNote error={send.error} />}
        {send.data?.map((result) => (
          <Note key={result.address} level={result.accepted ? 'ok' : 'error'}>
            {result.accepted ? (
              <Trans>{result.address}: accepted by the mail server</Trans>
            ) : (
              <>
                {result.address}: {result.text}
              </>
            )}
          </Note>
        ))}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Close</Trans>
          </Button>
          <Button
            disabled={addresses.length === 0 || wrong.length > 0}
            loading={send.isPending}
            onClick={() => send.mutate()}
          >
            <Trans>Send</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

/** The yes of a second person to the letter and the audience, once for all runs. */
export function Approval({ mailing }: { mailing: RegularMailing }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const [note, setNote] = useState('')
  const { approval } = mailing
  const run = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSuccess: () => {
      setNote('')
      void client.invalidateQueries({ queryKey: ['regular'] })
    },
  })
  const isMine = approval?.by === me?.user.id
  const isAsked = approval?.state === 'requested'
  return (
    <Stack gap={8} role="group" aria-label={t`Approval`}>
      {approval?.state === 'rejected' && (
        <Note level="warning">
          <Trans>
            {approval.decided_by_name} sent it back, <DateTime at={approval.decided_at} />.
          </Trans>
          {approval.decided_note && <div>{approval.decided_note}</div>}
        </Note>
      )}
      {approval?.state === 'approved' && !mailing.approved && (
        <Note level="warning">
          <Trans>Letter or audience were changed since the approval; ask for it again.</Trans>
        </Note>
      )}
      {mailing.approved && (
        <Note level="ok">
          <Trans>
            Approved by {approval?.decided_by_name}, <DateTime at={approval?.decided_at ?? null} />.
          </Trans>
        </Note>
      )}
      {isAsked && (
        <Note level="info">
          <Trans>
            {approval.by_name} asked for an approval, <DateTime at={approval.at} />.
          </Trans>
          {approval.note && <div>{approval.note}</div>}
        </Note>
      )}
      {((may('edit') && !isAsked && !mailing.approved) || (isAsked && !isMine && may('send'))) && (
        <Textarea
          label={t`Note`}
          autosize
          minRows={1}
          maxRows={6}
          maxLength={1000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      )}
      {run.error && <ErrorNote error={run.error} />}
      <Group gap={8}>
        {may('edit') && !isAsked && !mailing.approved && (
          <Button
            variant="default"
            loading={run.isPending}
            onClick={() => run.mutate(() => askRegularApproval(mailing.id, note.trim()))}
          >
            <Trans>Ask for an approval</Trans>
          </Button>
        )}
        {isAsked && !isMine && may('send') && (
          <>
            <Button
              loading={run.isPending}
              onClick={() => run.mutate(() => decideRegularApproval(mailing.id, true, note.trim()))}
            >
              <Trans>Approve</Trans>
            </Button>
            <Button
              variant="default"
              loading={run.isPending}
              onClick={() => run.mutate(() => decideRegularApproval(mailing.id, false, note.trim()))}
            >
              <Trans>Send back</Trans>
            </Button>
          </>
        )}
        {may('edit') && approval && (
          <Button
            variant="subtle"
            loading={run.isPending}
            onClick={() => run.mutate(() => takeBackRegularApproval(mailing.id))}
          >
            <Trans>Take back</Trans>
          </Button>
        )}
      </Group>
    </Stack>
  )
}
