import { useDraggable } from '@dnd-kit/core'
import { ActionIcon } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconBookmark, IconTrash, type Icon } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { notifyError } from '../../../components/notify'
import { useErrorText } from '../../../components/States'
import { deleteSavedBlock, savedBlocksQuery } from '../../../lib/api/endpoints/blocks'
import { usePut } from './canvas/Dragging'
import type { Dragged } from './canvas/dragging'
import type { NewKind } from './core/defaults'
import { placeAfter, rowPlaceAfter } from './core/edit'
import { LAYOUTS } from './core/layouts'
import { KINDS } from './core/words'
import { useEditorContext } from './EditorContext'
import css from './Palette.module.css'
import { LayoutPicture, useLayoutWords } from './settings/LayoutPicker'

const ORDER: NewKind[] = [
  'text', 'heading', 'button', 'image', 'products', 'divider', 'spacer', 'menu',
  'social', 'quote', 'countdown', 'logo', 'footer', 'html',
]

/** What a letter is made of: dragged to its place, or put behind what is selected by a click. */
export function Palette({ onPut }: { onPut?: () => void }) {
  const { t, i18n } = useLingui()
  const { saved } = useEditorContext()
  const layoutWords = useLayoutWords()
  return (
    <>
      <Group title={t`Blocks`}>
        <ul className={css.tiles}>
          {ORDER.map((kind) => (
            <li key={kind}>
              <Tile dragged={{ from: 'palette', kind }} label={i18n._(KINDS[kind].title)} icon={KINDS[kind].icon} onPut={onPut} />
            </li>
          ))}
        </ul>
      </Group>
      <Group title={t`Rows of columns`}>
        <ul className={css.layouts}>
          {LAYOUTS.filter((layout) => layout !== '1').map((layout) => (
            <li key={layout}>
              <Tile dragged={{ from: 'layout', layout }} label={layoutWords(layout)} onPut={onPut}>
                <span className={css.layout}>
                  <LayoutPicture layout={layout} />
                </span>
              </Tile>
            </li>
          ))}
        </ul>
      </Group>
      <Group title={t`Saved blocks`}>
        {saved.length === 0 ? (
          <p className={css.hint}>
            <Trans>Select a row and save it: it then stands here for every letter.</Trans>
          </p>
        ) : (
          <ul className={css.list}>
            {saved.map((one) => (
              <li key={one.id}>
                <Tile dragged={{ from: 'saved', id: one.id, name: one.name }} label={one.name} icon={IconBookmark} onPut={onPut} />
                <DeleteSaved id={one.id} name={one.name} usedIn={one.used_in} />
              </li>
            ))}
          </ul>
        )}
      </Group>
    </>
  )
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={css.group} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

interface TileProps {
  dragged: Dragged
  label: string
  icon?: Icon
  onPut: (() => void) | undefined
  children?: ReactNode
}

function Tile({ dragged, label, icon: TileIcon, onPut, children }: TileProps) {
  const { t } = useLingui()
  const { document, selection } = useEditorContext()
  const put = usePut()
  const key = dragged.from === 'palette' ? dragged.kind : dragged.from === 'layout' ? dragged.layout : 'id' in dragged ? dragged.id : ''
  const { setNodeRef, listeners, attributes, isDragging } = useDraggable({
    id: `new:${dragged.from}:${key}`,
    data: { dragged },
    attributes: { roleDescription: t`draggable` },
  })
  const add = () => {
    const place = dragged.from === 'palette' ? placeAfter(document, selection) : rowPlaceAfter(document, selection)
    put(dragged, place)
    onPut?.()
  }
  return (
    <button
      ref={setNodeRef}
      type="button"
      className={css.tile}
      data-moving={isDragging || undefined}
      title={children ? label : undefined}
      aria-label={children ? label : undefined}
      {...attributes}
      {...listeners}
      onClick={add}
    >
      {children ?? (
        <>
          {TileIcon && <TileIcon size={18} aria-hidden />}
          <span>{label}</span>
        </>
      )}
    </button>
  )
}

function DeleteSaved({ id, name, usedIn }: { id: string; name: string; usedIn: number }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const errorText = useErrorText()
  const remove = useMutation({
    mutationFn: () => deleteSavedBlock(id),
    onSuccess: () => void client.invalidateQueries({ queryKey: savedBlocksQuery.queryKey }),
    onError: (error) => notifyError(errorText(error)),
  })
  if (usedIn > 0) return null
  return (
    <ActionIcon size={26} aria-label={t`Delete: ${name}`} loading={remove.isPending} onClick={() => remove.mutate()}>
      <IconTrash size={15} />
    </ActionIcon>
  )
}
