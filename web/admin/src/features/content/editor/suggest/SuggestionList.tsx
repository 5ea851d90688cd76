import { Portal } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import type { Suggestion } from './suggestions'
import css from './Suggest.module.css'

interface SuggestionListProps {
  id: string
  items: Suggestion[]
  /** Where what was typed begins. */
  from: number
  index: number
  /** The lower left corner of what is written in, in the window. */
  at: { left: number; top: number }
  close: () => void
  onTake: (item: Suggestion, from: number) => void
}

export const optionId = (id: string, index: number): string => `${id}-${index}`

const ROOM_PX = 340
const LINE_PX = 44

/** Above what is written where there is no room below. */
const heightOf = (top: number) =>
  top + ROOM_PX > window.innerHeight && top > ROOM_PX
    ? { bottom: window.innerHeight - top + LINE_PX }
    : { top: top + 4 }

/** What fits to what is typed, below the line or the cursor; the focus stays where it is. */
export function SuggestionList({ id, items, from, index, at, close, onTake }: SuggestionListProps) {
  const { t } = useLingui()
  return (
    <Portal>
      <div
        id={id}
        role="listbox"
        aria-label={t`What can stand here`}
        className={css.list}
        style={{ left: Math.max(8, Math.min(at.left, window.innerWidth - 328)), ...heightOf(at.top) }}
      >
        {items.map((item, place) => (
          <div
            key={item.label}
            id={optionId(id, place)}
            role="option"
            aria-selected={place === index}
            className={css.item}
            // The field keeps the focus and its cursor.
            onMouseDown={(event) => {
              event.preventDefault()
              close()
              onTake(item, from)
            }}
          >
            <span>{item.label}</span>
            {item.detail && <small>{item.detail}</small>}
          </div>
        ))}
      </div>
    </Portal>
  )
}
