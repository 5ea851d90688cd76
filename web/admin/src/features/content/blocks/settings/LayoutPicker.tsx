import { useLingui } from '@lingui/react/macro'

import { type LayoutKey, LAYOUTS } from '../core/layouts'
import css from './Settings.module.css'

const SHARES: Record<LayoutKey, number[]> = {
  '1': [1],
  '2': [1, 1],
  '3': [1, 1, 1],
  '4': [1, 1, 1, 1],
  '1:2': [1, 2],
  '2:1': [2, 1],
}

export function LayoutPicture({ layout }: { layout: LayoutKey }) {
  return SHARES[layout].map((share, index) => <i key={index} aria-hidden style={{ flex: share }} />)
}

export function useLayoutWords(): (layout: LayoutKey) => string {
  const { t } = useLingui()
  const words: Record<LayoutKey, string> = {
    '1': t`One column`,
    '2': t`Two columns`,
    '3': t`Three columns`,
    '4': t`Four columns`,
    '1:2': t`Two columns, the right one wider`,
    '2:1': t`Two columns, the left one wider`,
  }
  return (layout) => words[layout]
}

export function LayoutPicker({ value, onChange }: { value: LayoutKey; onChange: (value: LayoutKey) => void }) {
  const wordsOf = useLayoutWords()
  return (
    <div className={css.layouts}>
      {LAYOUTS.map((layout) => (
        <button
          key={layout}
          type="button"
          className={css.layout}
          aria-label={wordsOf(layout)}
          title={wordsOf(layout)}
          aria-pressed={layout === value}
          onClick={() => onChange(layout)}
        >
          <LayoutPicture layout={layout} />
        </button>
      ))}
    </div>
  )
}
