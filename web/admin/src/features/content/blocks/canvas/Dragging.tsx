import {
  type Announcements,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from '@dnd-kit/core'
import { useLingui } from '@lingui/react/macro'
import { type ReactNode, useState } from 'react'

import { type NewKind, makeBlock } from '../core/defaults'
import { findBlock, insertBlock, insertRow, moveBlock, moveRow, newId, type Place } from '../core/edit'
import { emptyColumns } from '../core/layouts'
import { KINDS, wordsOf } from '../core/words'
import { useEditorContext } from '../EditorContext'
import css from './Canvas.module.css'
import { type Dragged, draggedOf, findPlace, nextPlace, placeOf } from './dragging'

/** Puts what was dragged, or chosen by a click, into its place and selects it. */
export function usePut() {
  const { i18n } = useLingui()
  const { apply, select } = useEditorContext()
  return (dragged: Dragged, place: Place) => {
    const before = place.kind === 'row' ? place.before : null
    if (dragged.from === 'palette') {
      const block = makeBlock(dragged.kind as NewKind, (text) => i18n._(text), new Date())
      apply((document) => insertBlock(document, block, place))
      select({ kind: 'block', id: block.id })
    } else if (dragged.from === 'layout') {
      const row = { id: newId(), stack: true, columns: emptyColumns(dragged.layout) }
      apply((document) => insertRow(document, row, before))
      select({ kind: 'row', id: row.id })
    } else if (dragged.from === 'saved') {
      const block = { kind: 'saved' as const, id: newId(), block_id: dragged.id }
      apply((document) => insertBlock(document, block, { kind: 'row', before }))
      select({ kind: 'block', id: block.id })
    } else if (dragged.from === 'block') {
      apply((document) => moveBlock(document, dragged.id, place))
      select({ kind: 'block', id: dragged.id })
    } else {
      apply((document) => moveRow(document, dragged.id, before))
      select({ kind: 'row', id: dragged.id })
    }
  }
}

/** What is dragged, in words. */
function useDraggedWords() {
  const { t, i18n } = useLingui()
  const { document } = useEditorContext()
  return (dragged: Dragged | undefined): string => {
    if (!dragged) return ''
    if (dragged.from === 'palette') return i18n._(KINDS[dragged.kind].title)
    if (dragged.from === 'saved') return dragged.name
    if (dragged.from !== 'block') return t({ context: 'letter', message: 'Row' })
    const block = findBlock(document, dragged.id)?.block
    if (!block) return ''
    const words = wordsOf(block)
    return i18n._(KINDS[block.kind].title) + (words && `: ${words}`)
  }
}

export function Dragging({ children }: { children: ReactNode }) {
  const { t } = useLingui()
  const put = usePut()
  const wordsFor = useDraggedWords()
  const [dragged, setDragged] = useState<Dragged>()
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 5 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
    useSensor(KeyboardSensor, {
      coordinateGetter: nextPlace,
      // Enter keeps its own meaning: it adds a block and selects one.
      keyboardCodes: { start: ['Space'], cancel: ['Escape'], end: ['Space', 'Enter', 'Tab'] },
      scrollBehavior: 'auto',
    }),
  )
  const whereOf = (over: Parameters<typeof placeOf>[0]): string => {
    const data = placeOf(over)
    if (!data) return t`no place`
    const { row, column, position } = data
    return data.place.kind === 'row'
      ? t`between the rows, place ${position}`
      : t`row ${row}, column ${column}, place ${position}`
  }
  const announcements: Announcements = {
    onDragStart: ({ active }) => t`Taken: ${wordsFor(draggedOf(active))}.`,
    onDragOver: ({ over }) => whereOf(over),
    onDragEnd: ({ active, over }) =>
      over ? t`Put: ${wordsFor(draggedOf(active))}, ${whereOf(over)}.` : t`Not moved.`,
    onDragCancel: () => t`Not moved.`,
  }
  const drop = ({ active, over }: DragEndEvent) => {
    setDragged(undefined)
    const what = draggedOf(active)
    const place = placeOf(over)?.place
    if (what && place) put(what, place)
  }
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={findPlace}
      accessibility={{
        announcements,
        screenReaderInstructions: {
          draggable: t`To move it, press the space bar, choose the place with the arrow keys and press the space bar again. Escape leaves it where it was.`,
        },
      }}
      onDragStart={({ active }) => setDragged(draggedOf(active))}
      onDragEnd={drop}
      onDragCancel={() => setDragged(undefined)}
    >
      {children}
      <DragOverlay dropAnimation={null}>
        {dragged && <div className={css.flying}>{wordsFor(dragged)}</div>}
      </DragOverlay>
    </DndContext>
  )
}

