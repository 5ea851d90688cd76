import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { ErrorNote } from '../../../components/States'
import { createTransactional, transactionalsQuery } from '../../../lib/api/endpoints/transactional'
import { useAccess } from '../../../lib/hooks/useAccess'
import { KEY, keyOf } from './key'

/** A name, and the key that programs will use; the rest is chosen on its page. */
export function NewTransactional({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const router = useRouter()
  const [name, setName] = useState('')
  const [key, setKey] = useState<string | null>(null)
  const shown = key ?? keyOf(name)
  const make = useMutation({
    mutationFn: () => createTransactional({ name: name.trim(), key: shown, service: may('manage') }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: transactionalsQuery.queryKey })
      router.history.push(`/mailings/transactional/${made.id}`)
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`New transactional letter`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <Stack gap={16}>
          <TextInput
            label={t`Name`}
            data-autofocus
            maxLength={200}
            value={name}
            placeholder={t`Receipt`}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label={t`Key`}
            description={t`Your programs ask for the letter by it. It stays the same for ever.`}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            maxLength={64}
            value={shown}
            error={shown && !KEY.test(shown) ? t`Small Latin letters, digits, - and _ only.` : undefined}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
          {make.error && <ErrorNote error={make.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={make.isPending} disabled={!name.trim() || !KEY.test(shown)}>
              <Trans>Create</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
