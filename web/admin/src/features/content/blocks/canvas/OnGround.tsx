import type { ReactNode } from 'react'

import { darkTheme, inDark } from '../core/dark'
import { DrawingContext, useDrawing } from './DrawingContext'

interface OnGroundProps {
  /** The background of a row or a block; nothing: that of what is around it. */
  color: string | null | undefined
  children: ReactNode
}

/** In the dark the colours of texts depend on what they stand on. */
export function OnGround({ color, children }: OnGroundProps) {
  const drawing = useDrawing()
  if (!drawing.isDark || !color) return children
  return <DrawingContext value={{ ...drawing, theme: darkTheme(drawing.light, color) }}>{children}</DrawingContext>
}

/** A background as it is drawn. */
export const shade = (color: string | null | undefined, isDark: boolean): string | undefined =>
  color ? (isDark ? inDark(color) : color) : undefined
