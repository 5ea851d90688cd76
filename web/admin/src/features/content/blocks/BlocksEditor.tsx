import { Drawer } from '@mantine/core'
import { useDisclosure, useMediaQuery } from '@mantine/hooks'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'

import { brandKitQuery, savedBlocksQuery } from '../../../lib/api/endpoints/blocks'
import { letterVariablesQuery } from '../../../lib/api/endpoints/content'
import type { LetterProblem } from '../../../lib/api/types'
import { Problems } from '../editor/Problems'
import type { LetterDraft } from '../editor/useLetterDraft'
import css from './Blocks.module.css'
import { Canvas } from './canvas/Canvas'
import { Dragging } from './canvas/Dragging'
import { DrawingContext } from './canvas/DrawingContext'
import { darkTheme } from './core/dark'
import type { LetterDocument } from './core/document'
import { findBlock } from './core/edit'
import { themeOf } from './core/look'
import { writeDocument } from './core/source'
import { type Editor, EditorContext } from './EditorContext'
import { Palette } from './Palette'
import { SettingsPanel } from './settings/SettingsPanel'
import { Toolbar } from './Toolbar'
import { useBlocks } from './useBlocks'
import { useUndoKeys } from './useUndoKeys'

/** Room for the handles beside a block. */
const ROOM_PX = 36

interface BlocksEditorProps {
  state: LetterDraft
  first: LetterDocument
  modeSwitch: ReactNode
  /** Shows a place of the AMP part. */
  onAmp: (problem: LetterProblem) => void
  isShown: boolean
}

/** Scrolls the canvas alone: the page around it stays where it is. */
function bringIntoView(block: HTMLElement | null) {
  const canvas = block?.closest('section')
  if (!block || !canvas) return
  const [inner, outer] = [block.getBoundingClientRect(), canvas.getBoundingClientRect()]
  if (inner.top < outer.top) canvas.scrollTop -= outer.top - inner.top + ROOM_PX
  else if (inner.bottom > outer.bottom) canvas.scrollTop += Math.min(inner.bottom - outer.bottom, inner.top - outer.top) + ROOM_PX
}

/** Palette, canvas and settings; on a phone the first and the last stand in drawers. */
export function BlocksEditor({ state, first, modeSwitch, isShown, onAmp }: BlocksEditorProps) {
  const { t } = useLingui()
  const { draft, change, preview, problems, profileId } = state
  const blocks = useBlocks(first, (document) => change({ source: writeDocument(document) }))
  const [isPhone, setPhone] = useState(false)
  const [isDark, setDark] = useState(false)
  const isNarrow = useMediaQuery('(max-width: 62em)') ?? false
  const [isPaletteOpen, palette] = useDisclosure(false)
  const [isSettingsOpen, settings] = useDisclosure(false)
  const brand = useQuery(brandKitQuery)
  const saved = useQuery(savedBlocksQuery)
  const variables = useQuery(letterVariablesQuery(profileId))
  const work = useRef<HTMLDivElement>(null)
  useUndoKeys(work, isShown, blocks.undo, blocks.redo)

  const found = useMemo(() => {
    const map = new Map<string, LetterProblem[]>()
    for (const problem of problems) {
      const id = problem.block_id ?? problem.row_id
      if (id) map.set(id, [...(map.get(id) ?? []), problem])
    }
    return map
  }, [problems])
  const theme = themeOf(blocks.document.style, brand.data?.style)
  const editor: Editor = {
    ...blocks,
    theme: isDark ? darkTheme(theme) : theme,
    light: theme,
    isDark,
    isPhone: isPhone || isNarrow,
    brand: brand.data,
    saved: saved.data ?? [],
    variables: variables.data ?? [],
    profileId,
    plain: { text: draft.text, made: preview.data?.text, change: (text) => change({ text }) },
    problems: found,
  }
  const selectedId = blocks.selection.kind === 'block' ? blocks.selection.id : null
  useEffect(() => {
    if (selectedId) bringIntoView(document.getElementById(`block-${selectedId}`))
  }, [selectedId])

  const { block, row } = useSearch({ strict: false })
  const isOpened = useRef(false)
  useEffect(() => {
    // Who came by a finding of a mailing sees the block that it is about.
    if (isOpened.current) return
    isOpened.current = true
    if (block && findBlock(blocks.document, block)) blocks.select({ kind: 'block', id: block })
    else if (row) blocks.select({ kind: 'row', id: row })
  }, [block, row, blocks])

  const open = (problem: LetterProblem) => {
    const { block_id, row_id } = problem
    if (problem.part === 'amp') onAmp(problem)
    else if (block_id && findBlock(blocks.document, block_id)) blocks.select({ kind: 'block', id: block_id })
    else if (row_id) blocks.select({ kind: 'row', id: row_id })
  }
  return (
    <EditorContext value={editor}>
      <DrawingContext value={editor}>
        <Dragging>
          <div className={css.frame} ref={work}>
            <Toolbar
              modeSwitch={modeSwitch}
              isPhone={isPhone}
              onPhone={setPhone}
              isDark={isDark}
              onDark={setDark}
              narrow={isNarrow ? { openPalette: palette.open, openSettings: settings.open } : null}
            />
            <div className={css.work}>
              {!isNarrow && (
                <aside className={css.side} aria-label={t`What a letter is made of`} tabIndex={-1}>
                  <Palette />
                </aside>
              )}
              <div className={css.middle}>
                <Canvas />
                <Problems
                  problems={problems}
                  leads={({ block_id, row_id, part }) => part === 'amp' || Boolean(block_id ?? row_id)}
                  onOpen={open}
                />
              </div>
              {!isNarrow && (
                <aside className={css.side} aria-label={t`Settings of what is selected`} tabIndex={-1}>
                  <SettingsPanel />
                </aside>
              )}
            </div>
          </div>
          {isNarrow && (
            <>
              <Drawer
                opened={isPaletteOpen}
                onClose={palette.close}
                title={t`Add a block`}
                position="bottom"
                size="70%"
                closeButtonProps={{ 'aria-label': t`Close` }}
                styles={{ body: { padding: 0 } }}
              >
                <Palette onPut={palette.close} />
              </Drawer>
              <Drawer
                opened={isSettingsOpen}
                onClose={settings.close}
                title={t`Settings of what is selected`}
                position="bottom"
                size="70%"
                closeButtonProps={{ 'aria-label': t`Close` }}
                styles={{ body: { padding: 0 } }}
              >
                <SettingsPanel />
              </Drawer>
            </>
          )}
        </Dragging>
      </DrawingContext>
    </EditorContext>
  )
}
