import { useElementSize } from '@mantine/hooks'
import { useLingui } from '@lingui/react/macro'
import { type CSSProperties, useCallback, useEffect, useRef, useState } from 'react'

import { AppLink } from '../../../../components/AppLink'
import type { ClickMap, ClickPlace } from '../../../../lib/api/types'
import { useFormat } from '../../../../lib/format/useFormat'
import { type Box, heatOf, measure } from './heat'
import css from './Clicks.module.css'

interface LetterMapProps {
  map: ClickMap
  /** The place that is pointed at, here or in the table. */
  pointed: number | null
  onPoint: (place: number | null) => void
  hrefOf: (place: ClickPlace) => string | null
}

/**
 * The letter with its figures laid over it. The frame may be measured from here, but runs no
 * scripts, and nothing in it can be pressed. The table says the same in words.
 */
export function LetterMap({ map, pointed, onPoint, hrefOf }: LetterMapProps) {
  const { t } = useLingui()
  const format = useFormat()
  const frame = useRef<HTMLIFrameElement>(null)
  const { ref: room, width } = useElementSize()
  const [boxes, setBoxes] = useState<Map<number, Box>>(new Map())
  const [height, setHeight] = useState(400)
  const look = useCallback(() => {
    const letter = frame.current?.contentDocument
    if (!letter?.body) return
    setHeight(Math.ceil(Math.max(letter.documentElement.scrollHeight, letter.body.scrollHeight)))
    setBoxes(measure(letter))
  }, [])
  // A narrower frame breaks lines elsewhere; the letter needs a moment to settle.
  useEffect(() => {
    const soon = requestAnimationFrame(look)
    return () => cancelAnimationFrame(soon)
  }, [look, width, height])
  const shown = map.places.filter(({ place }) => place !== null)
  return (
    <div className={css.room} ref={room}>
      <iframe
        ref={frame}
        className={css.letter}
        title={t`The letter with clicks`}
        sandbox="allow-same-origin"
        srcDoc={map.html}
        style={{ height }}
        tabIndex={-1}
        aria-hidden
        onLoad={look}
      />
      <div className={css.over} aria-hidden>
        {shown.map((one) => {
          const box = one.place === null ? undefined : boxes.get(one.place)
          if (!box) return null
          const href = hrefOf(one)
          const style: CSSProperties = { ...box, '--heat': heatOf(one, shown) } as CSSProperties
          const inside = (
            <span className={css.badge}>
              {(one.place ?? 0) + 1} · {format.percent(one.share)}
            </span>
          )
          const common = {
            className: css.place,
            style,
            'data-pointed': one.place === pointed || undefined,
            'data-cold': one.people === 0 || undefined,
            onMouseEnter: () => onPoint(one.place),
            onMouseLeave: () => onPoint(null),
          }
          return href ? (
            <AppLink key={one.place} href={href} tabIndex={-1} {...common}>
              {inside}
            </AppLink>
          ) : (
            <div key={one.place} {...common}>
              {inside}
            </div>
          )
        })}
      </div>
    </div>
  )
}
