import type { DraggableAttributes } from '@dnd-kit/core'
import { ActionIcon, Tooltip } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp, IconCopy, IconGripVertical, IconTrash } from '@tabler/icons-react'

import { duplicate, remove, type Selection, step } from '../core/edit'
import { useEditorContext } from '../EditorContext'
import css from './Canvas.module.css'

type Listeners = Partial<Record<'onKeyDown' | 'onMouseDown' | 'onTouchStart', (event: never) => void>>

interface HandlesProps {
  target: Extract<Selection, { id: string }>
  label: string
  /** What makes a button the grip of the thing. */
  grip: DraggableAttributes & Listeners
  gripRef: (button: HTMLElement | null) => void
}

/** What can be done with the selected block or row. */
export function Handles({ target, label, grip, gripRef }: HandlesProps) {
  const { t } = useLingui()
  const { apply, select, current } = useEditorContext()
  const copy = () => {
    const [next, selection] = duplicate(current(), target)
    apply(() => next)
    select(selection)
  }
  const actions = [
    { label: t`Up`, icon: IconArrowUp, act: () => apply((document) => step(document, target, -1)) },
    { label: t`Down`, icon: IconArrowDown, act: () => apply((document) => step(document, target, 1)) },
    { label: t`Duplicate`, icon: IconCopy, act: copy },
    { label: t`Delete`, icon: IconTrash, act: () => apply((document) => remove(document, target)) },
  ]
  return (
    <div className={css.handles} role="toolbar" aria-label={label} data-kind={target.kind}>
      <Tooltip label={t`Drag, or press the space bar`}>
        <ActionIcon
          ref={gripRef}
          size={26}
          aria-label={t`Move`}
          data-handle={target.id}
          style={{ cursor: 'grab' }}
          {...grip}
        >
          <IconGripVertical size={15} />
        </ActionIcon>
      </Tooltip>
      {actions.map(({ label: name, icon: Icon, act }) => (
        <Tooltip key={name} label={name}>
          <ActionIcon size={26} aria-label={name} onClick={act}>
            <Icon size={15} />
          </ActionIcon>
        </Tooltip>
      ))}
    </div>
  )
}
