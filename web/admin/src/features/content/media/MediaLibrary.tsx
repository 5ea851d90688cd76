import { Button, Group, Modal, Progress, Skeleton, TextInput, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconSearch, IconUpload } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type DragEvent, useRef, useState } from 'react'

import { Empty, ErrorNote } from '../../../components/States'
import { picturesQuery } from '../../../lib/api/endpoints/blocks'
import type { Picture } from '../../../lib/api/types'
import css from './Media.module.css'
import { PictureFacts } from './PictureFacts'
import { useUploads } from './useUploads'

const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif']

interface MediaLibraryProps {
  /** What taking a picture does, where it is not put into a block. */
  takeLabel?: string
  onChoose: (picture: { src: string; alt: string }) => void
  onClose: () => void
}

/** The pictures of the workspace: chosen, brought in, described, thrown away. */
export default function MediaLibrary({ takeLabel, onChoose, onClose }: MediaLibraryProps) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text.trim(), 250)
  const [chosenId, setChosenId] = useState<string | null>(null)
  const [isOver, setOver] = useState(false)
  const picker = useRef<HTMLInputElement>(null)
  const list = useInfiniteQuery(picturesQuery(search))
  const pictures = list.data?.pages.flatMap((page) => page.items)
  const chosen = pictures?.find(({ id }) => id === chosenId)
  const { uploads, add, dismiss } = useUploads((picture) => setChosenId(picture.id))
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    add([...event.dataTransfer.files])
  }
  const choose = (picture: Picture) => onChoose({ src: picture.url, alt: picture.alt })
  return (
    <Modal
      opened
      onClose={onClose}
      size="min(960px, 96vw)"
      title={t`Pictures`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <div
        className={css.library}
        data-over={isOver || undefined}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Group gap={8}>
          <TextInput
            flex={1}
            type="search"
            aria-label={t`Find a picture`}
            placeholder={t`Find a picture`}
            leftSection={<IconSearch size={16} aria-hidden />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button leftSection={<IconUpload size={16} />} onClick={() => picker.current?.click()}>
            <Trans>Upload</Trans>
          </Button>
          <VisuallyHidden>
            <input
              ref={picker}
              type="file"
              multiple
              tabIndex={-1}
              aria-label={t`Files of pictures`}
              accept={TYPES.join()}
              onChange={(event) => {
                add([...(event.currentTarget.files ?? [])])
                event.currentTarget.value = ''
              }}
            />
          </VisuallyHidden>
        </Group>
        <p className={css.hint}>
          <Trans>Drop files anywhere here: JPEG, PNG, WebP or GIF, up to 15 MB. They are made light enough for a letter.</Trans>
        </p>
        {uploads.map((upload) => (
          <div key={upload.key} className={css.upload}>
            {upload.error ? (
              <>
                <span>{upload.name}</span>
                <ErrorNote error={upload.error} />
                <Button variant="subtle" size="compact-xs" onClick={() => dismiss(upload.key)}>
                  <Trans>Hide</Trans>
                </Button>
              </>
            ) : (
              <>
                <span>{upload.name}</span>
                <Progress value={upload.fraction * 100} aria-label={t`Uploading ${upload.name}`} animated={upload.fraction === 1} />
              </>
            )}
          </div>
        ))}
        {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        <div className={css.body} data-chosen={chosen ? true : undefined}>
          <div className={css.shelf}>
            {!pictures ? (
              <ul className={css.grid}>
                {Array.from({ length: 8 }, (_, index) => (
                  <li key={index}>
                    <Skeleton height={130} />
                  </li>
                ))}
              </ul>
            ) : pictures.length === 0 ? (
              <Empty title={search ? t`Nothing found` : t`No pictures yet`}>
                {!search && <Trans>Drop a file here, or press “Upload”.</Trans>}
              </Empty>
            ) : (
              <ul className={css.grid}>
                {pictures.map((picture) => (
                  <li key={picture.id}>
                    <button
                      type="button"
                      className={css.card}
                      aria-pressed={picture.id === chosenId}
                      onClick={() => setChosenId(picture.id)}
                      onDoubleClick={() => choose(picture)}
                    >
                      <img src={picture.files.find(({ size }) => size === 'small')?.url ?? picture.url} alt={picture.alt} loading="lazy" />
                      <span>{picture.name}</span>
                    </button>
                  </li>
                ))}
              </ul>
            )}
            {list.hasNextPage && (
              <Button variant="default" mt={8} loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                <Trans>Show more</Trans>
              </Button>
            )}
          </div>
          {chosen && (
            <PictureFacts
              key={chosen.id}
              picture={chosen}
              takeLabel={takeLabel ?? t`Take this picture`}
              onChoose={choose}
              onMade={(picture) => setChosenId(picture.id)}
              onDeleted={() => setChosenId(null)}
            />
          )}
        </div>
      </div>
    </Modal>
  )
}
