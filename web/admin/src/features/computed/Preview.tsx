import { Button, Skeleton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { Bars } from '../../components/charts/Bars'
import { ErrorNote, Note } from '../../components/States'
import { GROUP_WORDS, useComputedText } from '../../components/computedText'
import { computedCheckQuery, computedPreviewQuery } from '../../lib/api/endpoints/computed'
import type { ComputedPreview } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Computed.module.css'
import { Facts } from './Facts'
import { type Definition, isComplete } from './model'

interface PreviewProps {
  definition: Definition
  name: string
  children: ReactNode
}

/** What the definition on the screen gives: the spread of values, and ten people with their facts. */
export function Preview({ definition, name, children }: PreviewProps) {
  const { t } = useLingui()
  const format = useFormat()
  const [settled] = useDebouncedValue(definition, 500)
  const [settledName] = useDebouncedValue(name, 500)
  const isReady = isComplete(settled)
  const preview = useQuery(computedPreviewQuery(settled, isReady))
  const check = useQuery(computedCheckQuery(settled, settledName, isReady))
  const data = preview.data
  return (
    <aside className={css.summary} aria-label={t`Preview`}>
      <div aria-live="polite" aria-busy={preview.isFetching}>
        {data ? (
          <div style={{ opacity: isReady && !preview.isPlaceholderData ? 1 : 0.5 }}>
            <div className={css.big}>{format.number(data.people)}</div>
            <div className={css.dim}>
              <Plural value={data.people} one="person with a value" other="people with a value" />
              {data.total > 0 && (
                <>
                  {', '}
                  <Trans>
                    {format.percent(data.people / data.total)} of {format.number(data.total)}
                  </Trans>
                </>
              )}
            </div>
            <div className={css.dim}>
              <Trans>computed in {format.number(data.took_ms)} ms</Trans>
            </div>
          </div>
        ) : preview.error ? null : isReady ? (
          <Skeleton height={70} />
        ) : null}
        {!isReady && (
          <div className={css.dim}>
            <Trans>Fill in the marked fields to see the values.</Trans>
          </div>
        )}
      </div>
      {isReady && preview.error && <ErrorNote error={preview.error} retry={() => void preview.refetch()} />}
      {data && data.people > 0 && <Spread preview={data} />}
      {isReady &&
        check.data?.warnings.map((warning) => (
          <Note key={`${warning.path}-${warning.code}`} level="warning">
            {warning.message}
          </Note>
        ))}
      {data && data.samples.length > 0 && <Samples samples={data.samples} />}
      <hr className={css.rule} />
      {children}
    </aside>
  )
}

function Spread({ preview }: { preview: ComputedPreview }) {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const value = (number: number | null) => {
    if (number === null) return ''
    return preview.shown === 'date'
      ? format.date(new Date(number * 1000).toISOString())
      : format.number(Math.round(number * 100) / 100)
  }
  const isWhole = preview.bins.every((bin) => bin.high - bin.low === 1 && Number.isInteger(bin.low))
  const top = Math.max(1, ...preview.top.map((one) => one.people))
  return (
    <>
      {preview.shown !== null && (
        <div>
          <Bars
            label={t`How many people have which value, from ${value(preview.least)} to ${value(preview.greatest)}`}
            height={72}
            points={preview.bins.map((bin) => ({
              key: String(bin.low),
              value: bin.people,
              tip: `${isWhole ? value(bin.low) : `${value(bin.low)} – ${value(bin.high)}`}: ${format.number(bin.people)}`,
            }))}
          />
          <div className={css.ends}>
            <span>{value(preview.least)}</span>
            <span>
              <Trans>half are below {value(preview.median)}</Trans>
            </span>
            <span>{value(preview.greatest)}</span>
          </div>
        </div>
      )}
      {preview.top.length > 0 && (
        <dl className={css.pairs}>
          {preview.top.map((one) => {
            const group = GROUP_WORDS[one.value]
            return (
              <div key={one.value} style={{ display: 'contents' }}>
                <dt
                  style={{
                    background: `linear-gradient(to right, var(--accent-soft, var(--surface-low)) ${(100 * one.people) / top}%, transparent 0)`,
                  }}
                >
                  {group ? i18n._(group) : one.value}
                </dt>
                <dd>{format.number(one.people)}</dd>
              </div>
            )
          })}
        </dl>
      )}
    </>
  )
}

function Samples({ samples }: { samples: ComputedPreview['samples'] }) {
  const { t } = useLingui()
  const say = useComputedText()
  const [open, setOpen] = useState<number | null>(null)
  return (
    <div>
      <strong>
        <Trans>Ten people at random</Trans>
      </strong>
      {samples.map((sample) => (
        <div key={sample.profile_id}>
          <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8, alignItems: 'baseline' }}>
            <AppLink href={`/customers/${sample.profile_id}`}>{sample.name || `#${sample.profile_id}`}</AppLink>
            <Button
              variant="subtle"
              size="compact-sm"
              aria-expanded={open === sample.profile_id}
              aria-label={t`Why ${say(sample.value)}?`}
              onClick={() => setOpen(open === sample.profile_id ? null : sample.profile_id)}
            >
              {say(sample.value)}
            </Button>
          </div>
          {open === sample.profile_id && <Facts why={sample.why} />}
        </div>
      ))}
    </div>
  )
}
