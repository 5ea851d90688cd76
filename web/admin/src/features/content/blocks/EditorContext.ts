import { createContext, useContext } from 'react'

import type { LetterProblem, LetterVariable } from '../../../lib/api/types'
import type { Drawing } from './canvas/DrawingContext'
import type { Blocks } from './useBlocks'

export interface Editor extends Blocks, Drawing {
  variables: LetterVariable[]
  profileId: number | null
  /** The part for those who do not see HTML; empty: made from the letter itself, as `made`. */
  plain: { text: string; made: string | undefined; change: (text: string) => void }
  /** Problems by the id of their block or row. */
  problems: Map<string, LetterProblem[]>
}

export const EditorContext = createContext<Editor | null>(null)

export function useEditorContext(): Editor {
  const editor = useContext(EditorContext)
  if (!editor) throw new Error('Only parts of the block editor may ask for it.')
  return editor
}
