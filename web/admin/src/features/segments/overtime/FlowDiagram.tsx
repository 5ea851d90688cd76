import { useLingui } from '@lingui/react/macro'
import { useElementSize } from '@mantine/hooks'

import { useFormat } from '../../../lib/format/useFormat'
import css from './OverTime.module.css'
import { type Link, type Node, OUTSIDE, ribbons } from './ribbons'

const COLORS = ['--arm-1', '--arm-2', '--arm-3', '--arm-4', '--accent', '--good', '--warn', '--bad']

const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

interface FlowDiagramProps {
  names: string[]
  links: Link[]
  chosen: Link | null
  onChoose: (link: Link) => void
}

/** Who was where on the left, who is where on the right; a band is as wide as the people in it. */
export function FlowDiagram({ names, links, chosen, onChoose }: FlowDiagramProps) {
  const { t } = useLingui()
  const format = useFormat()
  const { ref, width } = useElementSize()
  const size = { width: Math.max(280, width), height: 340, bar: 10, gap: 14 }
  const places = [...names.keys(), OUTSIDE]
  const made = ribbons(links, places, size)
  const nameOf = (place: number) => (place === OUTSIDE ? t`in none of them` : (names[place] ?? ''))
  const colorOf = (place: number) =>
    place === OUTSIDE ? 'var(--arm-control)' : `var(${COLORS[place % COLORS.length]})`
  const label = (node: Node, side: 'start' | 'end') => (
    <text
      x={side === 'start' ? size.bar + 8 : size.width - size.bar - 8}
      y={node.top + node.height / 2}
      dy="0.35em"
      textAnchor={side}
      className={css.label}
    >
      {cut(nameOf(node.place), size.width < 500 ? 14 : 32)} · {format.number(node.count)}
    </text>
  )
  const columns = [
    { side: 'start' as const, x: 0, nodes: made.sources },
    { side: 'end' as const, x: size.width - size.bar, nodes: made.targets },
  ]
  return (
    <div ref={ref}>
      <svg
        viewBox={`0 0 ${size.width} ${size.height}`}
        width={size.width}
        height={size.height}
        className={css.diagram}
        role="group"
        aria-label={t`How people moved between the segments`}
      >
        {made.ribbons.map((one) => {
          const said = t`${nameOf(one.source)} → ${nameOf(one.target)}: ${format.number(one.count)}`
          const isChosen = chosen?.source === one.source && chosen.target === one.target
          return (
            <path
              key={`${one.source}:${one.target}`}
              d={one.path}
              fill={colorOf(one.source)}
              className={css.ribbon}
              data-chosen={isChosen}
              role="button"
              tabIndex={0}
              aria-label={said}
              aria-pressed={isChosen}
              onClick={() => onChoose(one)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' || event.key === ' ') {
                  event.preventDefault()
                  onChoose(one)
                }
              }}
            >
              <title>{said}</title>
            </path>
          )
        })}
        {columns.map(({ side, x, nodes }) =>
          nodes.map((node) => (
            <g key={`${side}${node.place}`}>
              <rect x={x} y={node.top} width={size.bar} height={Math.max(1, node.height)} fill={colorOf(node.place)} />
              {label(node, side)}
            </g>
          )),
        )}
      </svg>
    </div>
  )
}
