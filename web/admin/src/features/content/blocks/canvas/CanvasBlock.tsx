import { useDraggable } from '@dnd-kit/core'
import { useLingui } from '@lingui/react/macro'
import { lazy, Suspense, type KeyboardEvent } from 'react'

import type { Block, Row } from '../core/document'
import { changeBlock, duplicate, LETTER, remove, step } from '../core/edit'
import { KINDS, wordsOf } from '../core/words'
import { useEditorContext } from '../EditorContext'
import { BlockDrawing } from './BlockDrawing'
import css from './Canvas.module.css'
import { Handles } from './Handles'
import { Marks } from './Marks'
import { blockStyle } from './measures'
import { OnGround } from './OnGround'

const RichText = lazy(() => import('../rich/RichText'))

export function CanvasBlock({ block, row }: { block: Block; row: Row }) {
  const { t, i18n } = useLingui()
  const editor = useEditorContext()
  const { selection, select, apply, current, problems, undo, redo } = editor
  const { setNodeRef, setActivatorNodeRef, isDragging, attributes, listeners } = useDraggable({
    id: `block:${block.id}`,
    data: { dragged: { from: 'block', id: block.id } },
    attributes: { roleDescription: t`draggable` },
  })
  const target = { kind: 'block' as const, id: block.id }
  const isSelected = selection.kind === 'block' && selection.id === block.id
  const found = problems.get(block.id) ?? []
  const words = wordsOf(block)
  const label = i18n._(KINDS[block.kind].title) + (words && `: ${words}`)
  const onKeyDown = (event: KeyboardEvent) => {
    const isCommand = event.ctrlKey || event.metaKey
    if (event.code === 'Delete' || event.code === 'Backspace') {
      apply((document) => remove(document, target))
    } else if (isCommand && event.code === 'KeyD') {
      const [next, copy] = duplicate(current(), target)
      apply(() => next)
      select(copy)
    } else if (event.altKey && (event.code === 'ArrowUp' || event.code === 'ArrowDown')) {
      apply((document) => step(document, target, event.code === 'ArrowUp' ? -1 : 1))
    } else if (event.code === 'Escape') {
      select(LETTER)
    } else {
      return
    }
    event.preventDefault()
  }
  const isWriting = isSelected && block.kind === 'text' && !isDragging
  return (
    <div
      ref={setNodeRef}
      id={`block-${block.id}`}
      className={css.block}
      role="group"
      aria-label={label}
      data-selected={isSelected || undefined}
      data-moving={isDragging || undefined}
      data-problem={found.some(({ level }) => level === 'error') ? 'error' : found.length ? 'warning' : undefined}
      style={blockStyle(block, row, editor)}
    >
      <OnGround color={block.kind === 'button' ? row.background : (block.background ?? row.background)}>
        {isWriting ? (
          <Suspense fallback={<BlockDrawing block={block} />}>
            <RichText
              html={block.html}
              align={block.align ?? 'left'}
              label={label}
              profileId={editor.profileId}
              onChange={(html) => apply((document) => changeBlock(document, block.id, { html }), `${block.id}.html`)}
              onUndo={undo}
              onRedo={redo}
              onLeave={() => document.querySelector<HTMLElement>(`[data-handle="${block.id}"]`)?.focus()}
            />
          </Suspense>
        ) : (
          <>
            <BlockDrawing block={block} />
            <button
              type="button"
              className={css.pick}
              data-pick={block.id}
              aria-label={label}
              aria-pressed={isSelected}
              onClick={() => select(target)}
              onKeyDown={onKeyDown}
              {...pointerOnly(listeners)}
            />
          </>
        )}
      </OnGround>
      <Marks id={block.id} condition={block.show_if} />
      {isSelected && <Handles target={target} label={label} grip={{ ...attributes, ...listeners }} gripRef={setActivatorNodeRef} />}
    </div>
  )
}

/** The whole block follows the pointer; its keys have a meaning of their own. */
function pointerOnly(listeners: ReturnType<typeof useDraggable>['listeners']) {
  const { onKeyDown: _keys, ...rest } = listeners ?? {}
  return rest
}
