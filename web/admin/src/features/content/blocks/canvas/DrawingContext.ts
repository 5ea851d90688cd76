import { createContext, useContext } from 'react'

import type { BrandKit, SavedBlock } from '../../../../lib/api/types'
import type { Theme } from '../core/look'

/** What drawing a letter depends on, besides the letter. */
export interface Drawing {
  /** Colours and type as they are drawn, the dark variant included. */
  theme: Theme
  /** As the letter says them. */
  light: Theme
  isDark: boolean
  isPhone: boolean
  brand: BrandKit | undefined
  saved: SavedBlock[]
}

export const DrawingContext = createContext<Drawing | null>(null)

export function useDrawing(): Drawing {
  const drawing = useContext(DrawingContext)
  if (!drawing) throw new Error('A block is drawn inside a letter only.')
  return drawing
}
