import { Button, Group, Modal, Radio, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { SecretInput } from '../../components/SecretInput'
import { ErrorNote, Note } from '../../components/States'
import {
  createDestination,
  destinationsQuery,
  exportPlacesQuery,
  schedulesQuery,
  tryDestination,
  updateDestination,
} from '../../lib/api/endpoints/exports'
import type { DestinationInput, ExportDestination } from '../../lib/api/types'

type Place = DestinationInput['place']
type Store = Extract<Place, { kind: 's3' }>
const STORE: Store = { kind: 's3', endpoint: '', bucket: '', access_key: '', region: 'us-east-1', prefix: '' }

interface DestinationFormProps {
  destination: ExportDestination | null
  onClose: () => void
}

/** A folder or a store that schedules may write to. Only owners see this form. */
export function DestinationForm({ destination, onClose }: DestinationFormProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const places = useQuery(exportPlacesQuery)
  const [name, setName] = useState(destination?.name ?? '')
  const [place, setPlace] = useState<Place>(destination?.place ?? STORE)
  const [secret, setSecret] = useState('')
  const save = useMutation({
    mutationFn: () => {
      const data = { name, place, ...(secret && { secret }) }
      return destination ? updateDestination(destination.id, data) : createDestination(data)
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: destinationsQuery.queryKey })
      void client.invalidateQueries({ queryKey: schedulesQuery.queryKey })
      onClose()
    },
  })
  const trial = useMutation({ mutationFn: () => tryDestination(place, secret || null, destination?.id ?? null) })
  const change = (next: Place) => {
    trial.reset()
    setPlace(next)
  }
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={destination ? t`Destination` : t`New destination`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={16}>
          <TextInput
            label={t`Name`}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {!destination && (
            <Radio.Group
              label={t`Where to`}
              value={place.kind}
              onChange={(kind) => change(kind === 's3' ? STORE : { kind: 'folder', path: '' })}
            >
              <Group gap={16} mt={4}>
                <Radio size="xs" value="s3" label={t`S3-compatible store`} />
                <Radio size="xs" value="folder" label={t`Folder of the server`} disabled={!places.data?.folder} />
              </Group>
            </Radio.Group>
          )}
          {places.data && !places.data.folder && (
            <Note level="info">
              <Trans>An administrator allows a folder by the setting exports.folder.</Trans>
            </Note>
          )}
          {place.kind === 'folder' ? (
            <TextInput
              label={t`Folder inside the one of the workspace`}
              placeholder="daily/crm"
              value={place.path ?? ''}
              onChange={(event) => change({ kind: 'folder', path: event.currentTarget.value })}
            />
          ) : (
            <StoreFields
              store={place}
              onChange={change}
              isKept={destination !== null}
              secret={secret}
              onSecret={(value) => {
                trial.reset()
                setSecret(value)
              }}
            />
          )}
          {trial.data && (
            <Note level="ok">
              <Trans>A test file was written there and removed again.</Trans>
            </Note>
          )}
          {(save.error ?? trial.error) && <ErrorNote error={save.error ?? trial.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate()}>
              <Trans>Check the connection</Trans>
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

interface StoreFieldsProps {
  store: Store
  onChange: (store: Store) => void
  isKept: boolean
  secret: string
  onSecret: (secret: string) => void
}

function StoreFields({ store, onChange, isKept, secret, onSecret }: StoreFieldsProps) {
  const { t } = useLingui()
  const set = (part: Partial<Store>) => onChange({ ...store, ...part })
  return (
    <>
      <Group grow>
        <TextInput
          label={t`Address of the store`}
          placeholder="https://storage.yandexcloud.net"
          value={store.endpoint}
          onChange={(event) => set({ endpoint: event.currentTarget.value.trim() })}
        />
        <TextInput
          label={t`Region`}
          value={store.region ?? ''}
          onChange={(event) => set({ region: event.currentTarget.value.trim() })}
        />
      </Group>
      <Group grow>
        <TextInput
          label={t`Bucket`}
          value={store.bucket}
          onChange={(event) => set({ bucket: event.currentTarget.value.trim() })}
        />
        <TextInput
          label={t`Path in the bucket`}
          placeholder="otklik/events"
          value={store.prefix ?? ''}
          onChange={(event) => set({ prefix: event.currentTarget.value })}
        />
      </Group>
      <Group grow>
        <TextInput
          label={t`Access key`}
          autoComplete="off"
          value={store.access_key}
          onChange={(event) => set({ access_key: event.currentTarget.value.trim() })}
        />
        <SecretInput
          label={t`Secret key`}
          autoComplete="new-password"
          placeholder={isKept ? t`kept; fill in to change` : ''}
          value={secret}
          onChange={(event) => onSecret(event.currentTarget.value)}
        />
      </Group>
    </>
  )
}
