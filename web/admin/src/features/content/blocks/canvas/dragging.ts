/** Dragging by pointer and by keyboard: what is dragged, and which place it is over. */

import type { Active, CollisionDetection, DroppableContainer, KeyboardCoordinateGetter } from '@dnd-kit/core'

import type { NewKind } from '../core/defaults'
import type { Place } from '../core/edit'
import type { LayoutKey } from '../core/layouts'

export type Dragged =
  | { from: 'palette'; kind: NewKind }
  | { from: 'layout'; layout: LayoutKey }
  | { from: 'saved'; id: string; name: string }
  | { from: 'block'; id: string }
  | { from: 'row'; id: string }

/** A place as it is said and as it is walked by keyboard: in the order of reading. */
export interface PlaceData {
  place: Place
  order: number
  row: number
  column: number
  position: number
}

export const draggedOf = (active: Active | null): Dragged | undefined => active?.data.current?.dragged as Dragged | undefined
export const placeOf = (container: Pick<DroppableContainer, 'data'> | null | undefined): PlaceData | undefined =>
  container?.data.current as PlaceData | undefined

/** Rows stand between rows; blocks stand everywhere. */
const fits = (dragged: Dragged | undefined, place: PlaceData | undefined): boolean =>
  place !== undefined && (place.place.kind === 'row' || dragged?.from === 'block' || dragged?.from === 'palette')

/** So near to the border of a row, a block is meant to stand between the rows. */
const BORDER_PX = 7

export const findPlace: CollisionDetection = ({ active, collisionRect, droppableRects, droppableContainers, pointerCoordinates }) => {
  const dragged = draggedOf(active)
  const at = pointerCoordinates ?? { x: collisionRect.left, y: collisionRect.top }
  let best: { container: DroppableContainer; distance: number } | null = null
  for (const container of droppableContainers) {
    const data = placeOf(container)
    const rect = droppableRects.get(container.id)
    if (!rect || !fits(dragged, data)) continue
    const dx = Math.max(rect.left - at.x, 0, at.x - rect.right)
    const dy = Math.max(rect.top - at.y, 0, at.y - rect.bottom)
    // By keyboard the dragged thing stands exactly where the place begins.
    const exact = pointerCoordinates ? 0 : Math.abs(rect.left - at.x) + Math.abs(rect.top - at.y)
    const isBorder = data?.place.kind === 'row'
    const distance = exact + dx * 2 + dy + (isBorder && pointerCoordinates && dy > BORDER_PX && dragged?.from !== 'row' ? 40 : 0)
    if (!best || distance < best.distance) best = { container, distance }
  }
  return best ? [{ id: best.container.id, data: { droppableContainer: best.container, value: best.distance } }] : []
}

const STEPS: Record<string, 1 | -1> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }

/** The arrows go from place to place. */
export const nextPlace: KeyboardCoordinateGetter = (event, { context }) => {
  const by = STEPS[event.code]
  if (!by) return undefined
  event.preventDefault()
  const dragged = draggedOf(context.active)
  const places = context.droppableContainers
    .getEnabled()
    .filter((container) => fits(dragged, placeOf(container)))
    .sort((a, b) => (placeOf(a)?.order ?? 0) - (placeOf(b)?.order ?? 0))
  const at = places.findIndex(({ id }) => id === context.over?.id)
  const next = places[Math.min(places.length - 1, Math.max(0, at + by))]
  const rect = next && context.droppableRects.get(next.id)
  return rect ? { x: rect.left, y: rect.top } : undefined
}
