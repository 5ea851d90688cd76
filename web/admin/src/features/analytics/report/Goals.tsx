import { Badge, Skeleton, Tooltip } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp, IconEqual } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { ArmMark } from '../../../components/ArmMark'
import { Panel } from '../../../components/Page'
import { ErrorNote } from '../../../components/States'
import { goalsQuery } from '../../../lib/api/endpoints/analytics'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { GoalReport, Report, ReportArm, ReportChoice } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { peopleHref } from './figures'
import { pText, readingOf } from './readings'
import css from './Report.module.css'

interface GoalsProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
  onRead: (goal: number) => void
}

/** All target actions side by side: the main one decides, the others explain. */
export function Goals({ report, of, choice, onRead }: GoalsProps) {
  const { t } = useLingui()
  const format = useFormat()
  const { data, error, refetch } = useQuery(goalsQuery(of, choice))
  const read = choice.goal ?? 0
  return (
    <Panel
      title={t`Target actions`}
      hint={t`The first one decides. Choose another to read the whole report by it.`}
      flush
    >
      {error ? (
        <div style={{ padding: 16 }}>
          <ErrorNote error={error} retry={() => void refetch()} />
        </div>
      ) : !data ? (
        <div className={css.partsWait} aria-busy>
          <Skeleton height={120} />
        </div>
      ) : (
        <>
          <div className={css.scroller} tabIndex={0} role="group" aria-label={t`Target actions`}>
            <table className={css.table} aria-label={t`Target actions`}>
              <thead>
                <tr>
                  <th scope="col">
                    <Trans>Target action</Trans>
                  </th>
                  {report.arms.map((arm) => (
                    <th key={arm.key} scope="col">
                      <ArmMark arm={arm.is_control ? 'control' : arm.key} name={arm.name} />
                      <small />
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {data.map((goal, place) => (
                  <tr key={place} data-chosen={place === read || undefined}>
                    <th scope="row">
                      <button
                        type="button"
                        className={css.goal}
                        aria-pressed={place === read}
                        onClick={() => onRead(place)}
                      >
                        {goal.goal.event}
                      </button>{' '}
                      {goal.is_main && (
                        <Badge variant="light" size="sm" tt="none">
                          <Trans>main</Trans>
                        </Badge>
                      )}
                      <div className={css.goalNote}>
                        <Trans>within {format.duration(goal.goal.window_hours * 3600)}</Trans>
                        {goal.goal.filters.length > 0 && (
                          <>
                            {', '}
                            <Plural value={goal.goal.filters.length} one="# condition" other="# conditions" />
                          </>
                        )}
                        {!goal.complete && (
                          <>
                            {', '}
                            <Trans>not over yet</Trans>
                          </>
                        )}
                      </div>
                    </th>
                    {report.arms.map((arm) => (
                      <GoalCell
                        key={arm.key}
                        goal={goal}
                        arm={arm}
                        href={peopleHref(of, { ...choice, goal: place, figure: 'targets', arm: arm.key })}
                      />
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className={css.method}>
            <Trans>
              The lift is that against the control group. The p of the target actions beside the main one are
              adjusted for all of them together: with enough of them one differs by chance.
            </Trans>
          </p>
        </>
      )}
    </Panel>
  )
}

function GoalCell({ goal, arm, href }: { goal: GoalReport; arm: ReportArm; href: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const figures = goal.arms.find((one) => one.key === arm.key)
  if (!figures) return <td>{NOTHING}</td>
  const rate = figures.assigned ? figures.targets / figures.assigned : null
  const row = goal.comparisons.find(
    (one) => one.metric === 'targets' && one.arm === arm.key && one.against === 'control',
  )
  const reading = row && readingOf(row, goal.complete)
  const up = (reading?.lift ?? 0) > 0
  const Icon = !reading?.significant ? IconEqual : up ? IconArrowUp : IconArrowDown
  const told = !reading?.significant
    ? t`no significant difference`
    : up
      ? t`significantly higher`
      : t`significantly lower`
  const low = format.change(reading?.liftInterval?.low)
  const high = format.change(reading?.liftInterval?.high)
  return (
    <td>
      {figures.targets > 0 ? <AppLink href={href}>{format.number(figures.targets)}</AppLink> : '0'}
      <small>{rate === null ? null : format.percent(rate, rate < 0.1 ? 2 : 1)}</small>
      {reading && reading.lift !== null && (
        <Tooltip label={reading.pValue === null ? told : t`${told}, p ${pText(reading.pValue, format.locale)}`}>
          <div className={css.lift} data-tone={!reading.significant ? undefined : up ? 'good' : 'bad'}>
            <Icon size={14} role="img" aria-label={told} />
            {format.change(reading.lift)}
            {reading.liftInterval && (
              <span>{reading.liftInterval.high === null ? t`from ${low} up` : t`from ${low} to ${high}`}</span>
            )}
          </div>
        </Tooltip>
      )}
    </td>
  )
}
