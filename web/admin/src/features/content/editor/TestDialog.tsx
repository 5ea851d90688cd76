import { Button, Group, Modal, Stack, TagsInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { ErrorNote, Note } from '../../../components/States'
import { meQuery } from '../../../lib/api/endpoints/accounts'
import { sendTest } from '../../../lib/api/endpoints/content'
import { senderWaysQuery } from '../../../lib/api/endpoints/relays'

interface TestDialogProps {
  letterId: string
  profileId: number | null
  onClose: () => void
}

const ADDRESSES_MAX = 10

export function TestDialog({ letterId, profileId, onClose }: TestDialogProps) {
  const { t } = useLingui()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  // Tests go as letters of the default sender do.
  const { data: ways } = useQuery({ ...senderWaysQuery, enabled: me?.development ?? false })
  const [addresses, setAddresses] = useState<string[]>(me ? [me.user.email] : [])
  const send = useMutation({ mutationFn: () => sendTest(letterId, addresses, profileId) })
  const wrong = addresses.filter((address) => !/^\S+@\S+$/.test(address))
  return (
    <Modal opened onClose={onClose} title={t`Send a test`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={12}>
        <TagsInput
          label={t`To`}
          description={t`At most ten addresses. The letter is filled in as in the preview.`}
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
        {me?.development && ways?.[0]?.kind === 'catcher' && (
          <Note level="info">
            <Trans>The catcher is on: the letter will appear in “Caught mail”, not in a mailbox.</Trans>
          </Note>
        )}
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
