/** Shapes that a picture can be cut to, from its middle. */

export const SHAPES = ['whole', 'square', 'photo', 'wide', 'banner'] as const
export type Shape = (typeof SHAPES)[number]

const RATIOS: Record<Exclude<Shape, 'whole'>, number> = { square: 1, photo: 4 / 3, wide: 16 / 9, banner: 3 }

export interface Cut {
  left: number
  top: number
  right: number
  bottom: number
}

/** The edges of a shape in a picture, as shares of the whole. */
export function shapeOf(shape: Shape, { width, height }: { width: number; height: number }): Cut {
  if (shape === 'whole') return { left: 0, top: 0, right: 1, bottom: 1 }
  const wanted = RATIOS[shape]
  const across = Math.min(1, (height * wanted) / width)
  const down = Math.min(1, width / wanted / height)
  return { left: (1 - across) / 2, top: (1 - down) / 2, right: (1 + across) / 2, bottom: (1 + down) / 2 }
}
