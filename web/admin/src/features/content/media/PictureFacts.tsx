import { Button, Group, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { ErrorNote, Note } from '../../../components/States'
import { changePicture, deletePicture } from '../../../lib/api/endpoints/blocks'
import type { Picture } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Media.module.css'
import { RemakePicture } from './RemakePicture'

interface PictureFactsProps {
  picture: Picture
  takeLabel: string
  onMade: (picture: Picture) => void
  onChoose: (picture: Picture) => void
  onDeleted: () => void
}

/** One picture: its size, its weight, what it shows in words, and what uses it. */
export function PictureFacts({ picture, takeLabel, onMade, onChoose, onDeleted }: PictureFactsProps) {
  const { t } = useLingui()
  const format = useFormat()
  const client = useQueryClient()
  const [alt, setAlt] = useState(picture.alt)
  const [name, setName] = useState(picture.name)
  const refresh = () => client.invalidateQueries({ queryKey: ['media'] })
  const save = useMutation({
    mutationFn: (change: { name?: string; alt?: string }) => changePicture(picture.id, change),
    onSuccess: refresh,
  })
  const remove = useMutation({
    mutationFn: () => deletePicture(picture.id),
    onSuccess: () => {
      void refresh()
      onDeleted()
    },
  })
  const full = picture.files.find(({ size }) => size === 'full') ?? picture.files[0]
  const choose = () => {
    const isChanged = alt.trim() !== picture.alt
    if (isChanged) save.mutate({ alt: alt.trim() })
    onChoose({ ...picture, alt: alt.trim() })
  }
  return (
    <aside className={css.facts} aria-label={picture.name}>
      <img src={picture.url} alt={picture.alt} />
      <TextInput
        label={t`Name`}
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onBlur={() => {
          if (!name.trim()) setName(picture.name)
          else if (name.trim() !== picture.name) save.mutate({ name: name.trim() })
        }}
      />
      {full && (
        <span className="tnum" style={{ color: 'var(--text-dim)', fontSize: 13 }}>
          {full.width} × {full.height} · {full.format === 'jpg' ? 'JPEG' : full.format.toUpperCase()} · {format.bytes(full.bytes)}
        </span>
      )}
      {full?.weight === 'heavy' && (
        <Note level="warning">
          <Trans>Heavy for a letter: slow to load on a phone.</Trans>
        </Note>
      )}
      {full?.weight === 'too_heavy' && (
        <Note level="error">
          <Trans>Too heavy for a letter: many readers will not wait for it.</Trans>
        </Note>
      )}
      <TextInput
        label={t`What the picture shows`}
        maxLength={300}
        value={alt}
        onChange={(event) => setAlt(event.currentTarget.value)}
        onBlur={() => alt.trim() !== picture.alt && save.mutate({ alt: alt.trim() })}
      />
      {(save.error ?? remove.error) && <ErrorNote error={save.error ?? remove.error} />}
      <Stack gap={8} mt={4}>
        <Button onClick={choose}>
          {takeLabel}
        </Button>
        <RemakePicture picture={picture} onMade={onMade} />
        {picture.used_in.length > 0 ? (
          <span style={{ fontSize: 13, color: 'var(--text-dim)' }}>
            <Trans>Shown in: {picture.used_in.join(', ')}</Trans>
          </span>
        ) : (
          <Group>
            <Button
              variant="subtle"
              color="red"
              size="compact-sm"
              leftSection={<IconTrash size={15} />}
              loading={remove.isPending}
              onClick={() => remove.mutate()}
            >
              <Trans>Delete</Trans>
            </Button>
          </Group>
        )}
      </Stack>
    </aside>
  )
}
