import { Skeleton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { ErrorNote, Note } from '../../components/States'
import { Ago } from '../../components/Time'
import { segmentPreviewQuery, segmentTextQuery } from '../../lib/api/endpoints/segments'
import { useFormat } from '../../lib/format/useFormat'
import type { Group } from '../../lib/rules/types'
import { definitionOf, isComplete } from './model/tree'
import css from './Segment.module.css'

/** The live size of what is on the screen, and the same in a sentence. */
export function SegmentSummary({ root, children }: { root: Group; children: ReactNode }) {
  const { t } = useLingui()
  const format = useFormat()
  const [settled] = useDebouncedValue(root, 350)
  const definition = definitionOf(settled)
  const isReady = isComplete(definition)
  const count = useQuery(segmentPreviewQuery(definition, isReady))
  const text = useQuery(segmentTextQuery(definition, isReady))
  return (
    <aside className={css.summary} aria-label={t`Summary`}>
      <div aria-live="polite" aria-busy={count.isFetching}>
        {count.data ? (
          <>
            <div className={css.big} style={{ opacity: isReady && !count.isPlaceholderData ? 1 : 0.5 }}>
              {format.number(count.data.count)}
            </div>
            <div className={css.dim}>
              <Plural value={count.data.count} one="person" other="people" />
              {count.data.total > 0 && (
                <>
                  {', '}
                  <Trans>
                    {format.percent(count.data.count / count.data.total)} of {format.number(count.data.total)}
                  </Trans>
                </>
              )}
            </div>
            <div className={css.dim}>
              <Trans>
                <Ago at={count.data.as_of} />, in {format.number(count.data.took_ms)} ms
              </Trans>
            </div>
          </>
        ) : count.error ? null : isReady ? (
          <Skeleton height={70} />
        ) : null}
        {!isReady && (
          <div className={css.dim}>
            <Trans>Fill in the marked fields to count the people.</Trans>
          </div>
        )}
      </div>
      {count.error && <ErrorNote error={count.error} retry={() => void count.refetch()} />}
      {text.data && (
        <>
          <hr className={css.rule} />
          <p className={css.sentence} style={{ opacity: text.isPlaceholderData || !isReady ? 0.5 : 1 }}>
            {text.data.text}
          </p>
          {!text.isPlaceholderData &&
            text.data.warnings.map((warning) => (
              <Note key={`${warning.path}-${warning.code}`} level="warning">
                {warning.message}
              </Note>
            ))}
        </>
      )}
      <hr className={css.rule} />
      {children}
    </aside>
  )
}
