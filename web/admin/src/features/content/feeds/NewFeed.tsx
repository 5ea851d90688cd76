import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { ErrorNote, Note } from '../../../components/States'
import { checkContentFeed, createContentFeed } from '../../../lib/api/endpoints/contentFeeds'
import type { ContentFeedCheck } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Feeds.module.css'
import { JsonFieldsForm, NO_FIELDS } from './JsonFieldsForm'
import { FORMATS } from './words'

/** A feed by its address, looked at before it is taken. */
export function NewFeed({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [url, setUrl] = useState('')
  const [fields, setFields] = useState(NO_FIELDS)
  const isWeb = /^https?:\/\/\S+$/i.test(url.trim())
  const given = Object.values(fields).some(Boolean) ? fields : null
  const check = useMutation({ mutationFn: () => checkContentFeed({ url: url.trim(), fields: given }) })
  const create = useMutation({
    mutationFn: () => createContentFeed({ name: name.trim(), url: url.trim(), fields: given }),
    onSuccess: (feed) => {
      void client.invalidateQueries({ queryKey: ['content-feeds'] })
      router.history.push(`/letters/feeds/${feed.id}`)
    },
  })
  const canSave = name.trim() !== '' && isWeb
  return (
    <Modal opened onClose={onClose} size="lg" title={t({ context: 'content feed', message: 'New feed' })} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (canSave) create.mutate()
        }}
      >
        <Stack gap={12}>
          <TextInput
            label={t`Name`}
            placeholder={t`Our blog`}
            data-autofocus
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label={t({ context: 'content feed', message: 'Address of the feed' })}
            description={t`RSS, Atom, JSON or YML`}
            placeholder="https://blog.example/rss.xml"
            type="url"
            value={url}
            onChange={(event) => {
              setUrl(event.currentTarget.value)
              check.reset()
            }}
          />
          <JsonFieldsForm value={fields} onChange={setFields} />
          {check.error && <ErrorNote error={check.error} />}
          {check.data && <Found check={check.data as ContentFeedCheck} />}
          {create.error && <ErrorNote error={create.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" disabled={!isWeb} loading={check.isPending} onClick={() => check.mutate()}>
              <Trans>Check</Trans>
            </Button>
            <Button type="submit" disabled={!canSave} loading={create.isPending}>
              <Trans>Add</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Found({ check }: { check: ContentFeedCheck }) {
  const format = useFormat()
  return (
    <Stack gap={8}>
      <Note level={check.count > 0 ? 'ok' : 'warn'}>
        <Trans>
          {FORMATS[check.format]}, items: {format.number(check.count)}, set aside: {format.number(check.set_aside)}
        </Trans>
      </Note>
      <ul className={css.remarks}>
        {check.items.slice(0, 3).map((item) => (
          <li key={item.guid}>{item.title}</li>
        ))}
        {check.remarks.slice(0, 3).map((remark, number) => (
          <li key={`aside-${number}`} className={css.dim}>
            {[remark.title, remark.reason].filter(Boolean).join(': ')}
          </li>
        ))}
      </ul>
    </Stack>
  )
}
