/** How warm a place is and where it lies in the letter. */

import type { ClickPlace } from '../../../../lib/api/types'

export interface Box {
  left: number
  top: number
  width: number
  height: number
}

/** The frame that shows the letter has nothing else at these addresses. */
export const MARK = '#otklik-place-'

/** From 0 (nobody) to 1 (the most followed place of the letter). */
export function heatOf(place: ClickPlace, places: readonly ClickPlace[]): number {
  const most = Math.max(0, ...places.map(({ people }) => people))
  return most ? place.people / most : 0
}

/** The smallest box around all of these; a link around a picture is itself only a line high. */
export function around(boxes: readonly Box[]): Box | null {
  const seen = boxes.filter(({ width, height }) => width > 0 && height > 0)
  if (!seen.length) return null
  const left = Math.min(...seen.map((box) => box.left))
  const top = Math.min(...seen.map((box) => box.top))
  return {
    left,
    top,
    width: Math.max(...seen.map((box) => box.left + box.width)) - left,
    height: Math.max(...seen.map((box) => box.top + box.height)) - top,
  }
}

/** Where each marked place lies, by its number; places that are not to be seen are left out. */
export function measure(letter: Document): Map<number, Box> {
  const found = new Map<number, Box>()
  for (const link of letter.querySelectorAll(`a[href^="${MARK}"], area[href^="${MARK}"]`)) {
    const place = Number(link.getAttribute('href')?.slice(MARK.length))
    const boxes = [link, ...link.querySelectorAll('*')].map((element) => element.getBoundingClientRect())
    const box = around(boxes)
    if (box) found.set(place, box)
  }
  return found
}
