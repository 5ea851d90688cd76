import { Button, Group, Modal, SegmentedControl, Select, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { SecretInput } from '../../components/SecretInput'
import { ErrorNote } from '../../components/States'
import { checkFeed, createFeed } from '../../lib/api/endpoints/catalog'
import type { FeedReport, FeedUpload } from '../../lib/api/types'
import { FeedFile } from './FeedFile'
import { useEvery } from './feedWords'
import { HealthReport } from './HealthReport'

/** A feed by its address or as a file, looked at before it is taken. */
export function NewFeed({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const every = useEvery()
  const [by, setBy] = useState('url')
  const [name, setName] = useState('')
  const [url, setUrl] = useState('')
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [minutes, setMinutes] = useState('240')
  const [upload, setUpload] = useState<FeedUpload | null>(null)
  const [suggested, setSuggested] = useState('')
  const access = { ...(login && { login }), ...(password && { password }) }
  const check = useMutation({ mutationFn: () => checkFeed({ url: url.trim(), ...access }) })
  const create = useMutation({
    mutationFn: () =>
      createFeed(
        by === 'url'
          ? {
              name: name.trim(),
              url: url.trim(),
              ...access,
              every_minutes: minutes ? Number(minutes) : null,
            }
          : { name: name.trim(), upload_id: upload?.id ?? null },
      ),
    onSuccess: (feed) => {
      void client.invalidateQueries({ queryKey: ['feeds'] })
      router.history.push(`/catalogue/feeds/${feed.id}`)
    },
  })
  const report = by === 'url' ? check.data : upload?.report
  const isWeb = /^https?:\/\/\S+$/i.test(url.trim())
  const canSave = name.trim() !== '' && (by === 'url' ? isWeb : upload !== null && upload.report.refused === null)
  return (
    <Modal opened onClose={onClose} size="lg" title={t`New feed`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (canSave) create.mutate()
        }}
      >
        <Stack gap={12}>
          <SegmentedControl
            aria-label={t`Where the feed is`}
            value={by}
            onChange={setBy}
            data={[
              { value: 'url', label: t`By address` },
              { value: 'file', label: t`From a file` },
            ]}
          />
          <TextInput
            label={t`Name`}
            placeholder={t`The shop's name`}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {by === 'url' ? (
            <>
              <TextInput
                label={t`Address of the feed`}
                placeholder="https://shop.example/yandex.xml"
                type="url"
                value={url}
                onChange={(event) => {
                  setUrl(event.currentTarget.value)
                  check.reset()
                }}
              />
              <Group grow align="flex-start">
                <TextInput
                  label={t`Login`}
                  description={t`If the address asks for one`}
                  autoComplete="off"
                  value={login}
                  onChange={(event) => setLogin(event.currentTarget.value)}
                />
                <SecretInput
                  label={t`Password`}
                  description={t`Kept encrypted`}
                  autoComplete="new-password"
                  value={password}
                  onChange={(event) => setPassword(event.currentTarget.value)}
                />
              </Group>
              <Select
                label={t`Load it`}
                allowDeselect={false}
                data={every}
                value={minutes}
                onChange={(value) => setMinutes(value ?? '')}
              />
            </>
          ) : (
            !upload && (
              <FeedFile
                onDone={(made, file) => {
                  setUpload(made)
                  const own = file.replace(/(\.(xml|yml|gz|zip))+$/i, '')
                  // A name that only repeats the file put aside goes with it.
                  if (!name || name === suggested) setName(own)
                  setSuggested(own)
                }}
              />
            )
          )}
          {report && <HealthReport report={report as FeedReport} />}
          {check.error && by === 'url' && <ErrorNote error={check.error} />}
          {create.error && <ErrorNote error={create.error} />}
          <Group justify="flex-end" gap={8}>
            {by === 'url' ? (
              <Button variant="default" disabled={!isWeb} loading={check.isPending} onClick={() => check.mutate()}>
                <Trans>Check</Trans>
              </Button>
            ) : (
              upload && (
                <Button variant="default" onClick={() => setUpload(null)}>
                  <Trans>Another file</Trans>
                </Button>
              )
            )}
            <Button type="submit" disabled={!canSave} loading={create.isPending}>
              <Trans>Save and load</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
