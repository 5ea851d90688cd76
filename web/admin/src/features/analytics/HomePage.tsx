import { Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import {
  type Icon,
  IconAlertCircle,
  IconAlertTriangle,
  IconCheck,
  IconChevronRight,
  IconInfoCircle,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../components/AppLink'
import { Bars } from '../../components/charts/Bars'
import { Figure, Figures } from '../../components/Figure'
import { Page, Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { Ago } from '../../components/Time'
import { meQuery } from '../../lib/api/endpoints/accounts'
import { homeQuery } from '../../lib/api/endpoints/analytics'
import type { AttentionItem, Home, PulseDay } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Home.module.css'

/** What needs a person now, the way to the first mailing, and the pulse of the last days. */
export function HomePage() {
  const { t } = useLingui()
  const format = useFormat()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const { data, error, refetch } = useQuery(homeQuery)
  return (
    <Page title={t`Home`} subtitle={me?.workspace.name}>
      {error && <ErrorNote error={error} retry={() => void refetch()} />}
      {!data && !error && (
        <div className={css.stack}>
          <Skeleton height={96} />
          <Skeleton height={88} />
          <Skeleton height={180} />
        </div>
      )}
      {data && (
        <div className={css.stack}>
          <Attention items={data.attention} />
          {data.checklist.some((step) => !step.done) && <Checklist steps={data.checklist} />}
          <Figures>
            <Figure label={t`Customers`} value={format.number(data.totals.profiles)} href="/customers" />
            <Figure
              label={t`Known by name or address`}
              value={format.number(data.totals.known)}
              note={data.totals.profiles ? format.percent(data.totals.known / data.totals.profiles, 0) : undefined}
            />
            <Figure label={t`Events in 30 days`} value={format.number(data.totals.events_30d)} href="/events/names" />
            <Figure label={t`Segments`} value={format.number(data.totals.segments)} href="/segments" />
            <Figure label={t`Mailings`} value={format.number(data.totals.campaigns)} href="/mailings" />
          </Figures>
          <Pulse days={data.pulse.days} />
        </div>
      )}
    </Page>
  )
}

const ICONS: Record<AttentionItem['level'], Icon> = {
  info: IconInfoCircle,
  warn: IconAlertTriangle,
  bad: IconAlertCircle,
}

function Attention({ items }: { items: AttentionItem[] }) {
  const { t } = useLingui()
  return (
    <Panel title={t`Needs attention`} flush>
      {items.length === 0 ? (
        <div className={css.calm}>
          <IconCheck size={16} aria-hidden />
          <Trans>Nothing now.</Trans>
        </div>
      ) : (
        <ul className={css.attention}>
          {items.map((item) => {
            const Mark = ICONS[item.level]
            return (
              <li key={`${item.kind}-${item.link}-${item.at}`}>
                <AppLink href={item.link} data-level={item.level}>
                  <Mark size={18} aria-hidden />
                  <span>
                    <strong>{item.title}</strong>
                    <span>{item.detail}</span>
                  </span>
                  <span className={css.at}>
                    <Ago at={item.at} />
                  </span>
                  <IconChevronRight size={16} aria-hidden />
                </AppLink>
              </li>
            )
          })}
        </ul>
      )}
    </Panel>
  )
}

function Checklist({ steps }: { steps: Home['checklist'] }) {
  const { t } = useLingui()
  const texts: Record<string, { title: string; detail: string }> = {
    data: { title: t`Bring your customers`, detail: t`Import a CSV, or send events from the site.` },
    segment: { title: t`Cut the first segment`, detail: t`For example: bought 3 times, but not in 60 days.` },
    sender: { title: t`Set up the sender`, detail: t`Three records of the domain, so that letters reach the inbox.` },
    letter: { title: t`Write a letter`, detail: t`Begin with a ready one and see it as a real customer would.` },
    mailing: { title: t`Send the first mailing`, detail: t`With a control group, so that you learn what it changed.` },
  }
  const next = steps.find((step) => !step.done)
  const done = steps.filter((step) => step.done).length
  return (
    <Panel
      title={t`To the first mailing`}
      actions={
        <span className={`${css.at} tnum`}>
          <Trans>
            {done} of {steps.length}
          </Trans>
        </span>
      }
      flush
    >
      <ol className={css.checklist}>
        {steps.map((step, index) => {
          const text = texts[step.id] ?? { title: step.id, detail: '' }
          return (
            <li key={step.id} data-done={step.done} data-next={step === next}>
              <AppLink href={step.link}>
                <span className={css.mark}>
                  {step.done ? <IconCheck size={14} role="img" aria-label={t`done`} /> : index + 1}
                </span>
                <span>
                  <strong>{text.title}</strong>
                  {!step.done && <span>{text.detail}</span>}
                </span>
              </AppLink>
            </li>
          )
        })}
      </ol>
    </Panel>
  )
}

function Pulse({ days }: { days: PulseDay[] }) {
  const { t } = useLingui()
  const format = useFormat()
  const rows: { id: keyof PulseDay; label: string; show: (value: number) => string }[] = [
    { id: 'revenue', label: t`Revenue`, show: (value) => format.money(Math.round(value)) },
    { id: 'orders', label: t`Orders`, show: format.number },
    { id: 'new_profiles', label: t`New customers`, show: format.number },
    { id: 'events', label: t`Events`, show: format.number },
    { id: 'sent', label: t`Letters sent`, show: format.number },
  ]
  const first = days[0]?.date
  const last = days.at(-1)?.date
  return (
    <Panel
      title={t`Pulse`}
      actions={
        first &&
        last && (
          <span className={css.at}>
            {format.shortDate(first)} – {format.shortDate(last)}
          </span>
        )
      }
    >
      <div className={css.pulse}>
        {rows.map((row) => {
          const total = days.reduce((sum, day) => sum + Number(day[row.id]), 0)
          return (
            <div key={row.id}>
              <div className={css.pulseLabel}>{row.label}</div>
              <div className={css.pulseValue}>{row.show(total)}</div>
              <Bars
                label={t`${row.label} by day, ${row.show(total)} in all`}
                points={days.map((day) => ({
                  key: day.date,
                  value: Number(day[row.id]),
                  tip: `${format.date(day.date)}: ${row.show(Number(day[row.id]))}`,
                }))}
              />
            </div>
          )
        })}
      </div>
    </Panel>
  )
}
