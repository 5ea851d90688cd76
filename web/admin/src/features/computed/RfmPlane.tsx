import { Skeleton, Tooltip } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote, useErrorText } from '../../components/States'
import { GROUP_WORDS } from '../../components/computedText'
import { rfmGridQuery } from '../../lib/api/endpoints/computed'
import { createSegment } from '../../lib/api/endpoints/segments'
import type { RfmGrid } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Computed.module.css'
import { isComplete, type RfmTrait } from './model'

type Cell = RfmGrid['cells'][number]
const SCORES = [1, 2, 3, 4, 5]
const DOWN = [5, 4, 3, 2, 1]

interface RfmPlaneProps {
  definition: RfmTrait
  /** The name of the saved trait, by whose values a segment can be made; null before it is saved. */
  name: string | null
}

/** The plane of recency and frequency: who buys lately and often stands in the corner above right. */
export function RfmPlane({ definition, name }: RfmPlaneProps) {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [settled] = useDebouncedValue(definition, 500)
  const grid = useQuery(rfmGridQuery(settled, isComplete(settled)))
  const make = useMutation({
    mutationFn: (cell: Cell) => {
      const group = GROUP_WORDS[cell.group]
      const is = (part: 'recency' | 'frequency') => ({
        kind: 'trait' as const,
        trait: `${name}.${part}`,
        test: { op: 'eq' as const, value: cell[part] },
      })
      return createSegment({
        name: `RFM ${cell.recency}–${cell.frequency}: ${group ? i18n._(group) : cell.group}`,
        description: '',
        kind: 'dynamic',
        definition: { kind: 'all', of: [is('recency'), is('frequency')] },
      })
    },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['segments'] })
      router.history.push(`/segments/${made.id}`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const canMake = name !== null && may('edit') && !make.isPending
  const data = grid.data
  const most = Math.max(1, ...(data?.cells.map((cell) => cell.people) ?? []))
  return (
    <Panel
      title={t`Groups of buyers`}
      hint={
        name === null
          ? t`Recency to the right, frequency upwards; each cell with its people and their share of revenue.`
          : t`Recency to the right, frequency upwards. A click on a cell makes a segment of its people.`
      }
    >
      {grid.error ? (
        <ErrorNote error={grid.error} retry={() => void grid.refetch()} />
      ) : !data ? (
        <Skeleton height={400} />
      ) : data.people === 0 ? (
        <Empty title={t`No buyers yet`}>
          <Trans>The groups appear with the first orders.</Trans>
        </Empty>
      ) : (
        <>
          <div className={css.wide}>
            <div className={css.grid} style={{ opacity: grid.isPlaceholderData ? 0.5 : 1 }}>
              {DOWN.map((frequency) => (
                <Row key={frequency} label={String(frequency)}>
                  {SCORES.map((recency) => {
                    const cell = data.cells.find(
                      (one) => one.recency === recency && one.frequency === frequency,
                    )
                    return (
                      <CellButton
                        key={recency}
                        cell={cell}
                        weight={(cell?.people ?? 0) / most}
                        revenue={data.revenue}
                        onClick={canMake && cell ? () => make.mutate(cell) : undefined}
                      />
                    )
                  })}
                </Row>
              ))}
              <span />
              {SCORES.map((recency) => (
                <span key={recency} className={css.axis}>
                  {recency}
                </span>
              ))}
            </div>
          </div>
          <div className={css.dim} style={{ marginTop: 8 }}>
            <Plural value={data.people} one="# buyer" other="# buyers" />, {format.money(data.revenue)}.{' '}
            <Trans>
              Bounds: days {data.bounds.recency.map(format.number).join(', ')}; orders{' '}
              {data.bounds.frequency.map(format.number).join(', ')}; total{' '}
              {data.bounds.monetary.map(format.number).join(', ')}.
            </Trans>
          </div>
        </>
      )}
    </Panel>
  )
}

function Row({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <>
      <span className={css.axis}>{label}</span>
      {children}
    </>
  )
}

interface CellButtonProps {
  cell: Cell | undefined
  weight: number
  revenue: number
  onClick: (() => void) | undefined
}

function CellButton({ cell, weight, revenue, onClick }: CellButtonProps) {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const group = cell && GROUP_WORDS[cell.group]
  const share = cell && revenue > 0 ? cell.revenue / revenue : 0
  const content = (
    <button
      type="button"
      className={css.cell}
      disabled={!onClick}
      onClick={onClick}
      style={{ background: `color-mix(in srgb, var(--accent) ${Math.round(weight * 28)}%, var(--surface))` }}
    >
      {cell ? (
        <>
          <span>{group ? i18n._(group) : cell.group}</span>
          <b>{format.number(cell.people)}</b>
          <span>{t`${format.percent(share)} of revenue`}</span>
        </>
      ) : (
        <span aria-hidden>–</span>
      )}
    </button>
  )
  return cell ? <Tooltip label={format.money(cell.revenue)}>{content}</Tooltip> : content
}
