import { useDroppable } from '@dnd-kit/core'
import { Trans } from '@lingui/react/macro'

import type { Place } from '../core/edit'
import css from './Canvas.module.css'
import { draggedOf, type PlaceData } from './dragging'

interface PlaceMarkProps {
  place: Place
  order: number
  row?: number
  column?: number
  position: number
  /** There is nothing around it: it then takes room and says what to do. */
  isEmpty?: boolean
}

const idOf = (place: Place) =>
  place.kind === 'row'
    ? `place:${place.before ?? 'end'}`
    : `place:${place.row}:${place.column}:${place.before ?? 'end'}`

/** Where something can be put; seen only while something is dragged over it. */
export function PlaceMark({ place, order, row = 0, column = 0, position, isEmpty = false }: PlaceMarkProps) {
  const data: PlaceData = { place, order, row, column, position }
  const { setNodeRef, isOver, active } = useDroppable({ id: idOf(place), data })
  const isHollow = isEmpty && !(draggedOf(active)?.from === 'row')
  return (
    <div ref={setNodeRef} className={css.place} data-kind={place.kind} data-over={isOver || undefined} data-empty={isHollow || undefined}>
      {isHollow && (
        <span>
          <Trans>Drag a block here</Trans>
        </span>
      )}
    </div>
  )
}
