import { Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp, IconEqual } from '@tabler/icons-react'

import { AppLink } from '../../../components/AppLink'
import { ArmMark } from '../../../components/ArmMark'
import { armColor } from '../../../components/arms'
import { Panel } from '../../../components/Page'
import type { ComparedMailing, Metric } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { LIFT_DRAWN_MAX } from '../report/DifferenceTable'
import { axisOf, Whisker } from '../report/Whisker'
import { type Lift, liftsOf } from './compared'
import css from './Mailings.module.css'

interface LiftsProps {
  mailings: ComparedMailing[]
  metric: Metric
  title: string
}

/** What each letter changed against its own control group, on one scale. */
export function Lifts({ mailings, metric, title }: LiftsProps) {
  const { t } = useLingui()
  const groups = mailings.map((mailing) => ({ mailing, lifts: liftsOf(mailing, metric) }))
  const axis = axisOf(
    groups.flatMap(({ lifts }) =>
      lifts.map(({ reading: { lift, liftInterval } }) => [lift, liftInterval?.low ?? null, liftInterval?.high ?? null]),
    ),
    LIFT_DRAWN_MAX,
  )
  const isEarly = groups.some(({ mailing, lifts }) => !mailing.complete && lifts.length > 0)
  return (
    <Panel
      title={title}
      hint={t`The bar is the 95% interval of the lift against the mailing's own control group.`}
      flush
    >
      <div className={css.scroller} tabIndex={0} role="group" aria-label={title}>
        <table className={css.lifts} aria-label={title}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Letter</Trans>
              </th>
              <th scope="col">
                <Trans>Lift</Trans>
              </th>
              <th scope="col">
                <span className="visually-hidden">
                  <Trans>Interval</Trans>
                </span>
              </th>
            </tr>
          </thead>
          {groups.map(({ mailing, lifts }) => (
            <tbody key={mailing.campaign.id}>
              <tr>
                <th className={css.liftsMailing} colSpan={3} scope="rowgroup">
                  <AppLink href={`/mailings/${mailing.campaign.id}`}>{mailing.campaign.name}</AppLink>
                  {!mailing.complete && (
                    <span>
                      {' '}
                      <Trans>not over yet</Trans>
                    </span>
                  )}
                </th>
              </tr>
              {lifts.length === 0 ? (
                <tr>
                  <td colSpan={3} className={css.nothing}>
                    <Trans>Nothing to compare: no control group, or nobody has done it.</Trans>
                  </td>
                </tr>
              ) : (
                lifts.map((lift) => (
                  <LiftRow
                    key={lift.arm}
                    lift={lift}
                    axis={axis}
                    name={mailing.arms.find((arm) => arm.key === lift.arm)?.name ?? ''}
                  />
                ))
              )}
            </tbody>
          ))}
        </table>
      </div>
      {isEarly && (
        <p className={css.method}>
          {metric === 'revenue_per_person' ? (
            <Trans>Revenue of a mailing that is not over yet is grey: it is judged at the end.</Trans>
          ) : (
            <Trans>The intervals of mailings that are not over yet hold however often one looks.</Trans>
          )}
        </p>
      )}
    </Panel>
  )
}

function LiftRow({ lift: { arm, reading }, axis, name }: { lift: Lift; axis: [number, number]; name: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const { lift, liftInterval, significant, isOpen } = reading
  const up = (lift ?? 0) > 0
  const Icon = !significant ? IconEqual : up ? IconArrowUp : IconArrowDown
  const told = isOpen
    ? t`judged when the window is over`
    : !significant
      ? t`no significant difference`
      : up
        ? t`significantly higher`
        : t`significantly lower`
  const [low, high] = [format.change(liftInterval?.low), format.change(liftInterval?.high)]
  const spread = !liftInterval ? null : liftInterval.high === null ? t`from ${low} up` : t`from ${low} to ${high}`
  return (
    <tr>
      <th scope="row">
        <ArmMark arm={arm} name={name} />
      </th>
      <td className="tnum">
        <Tooltip label={[told, spread].filter(Boolean).join(', ')}>
          <span className={css.change} data-tone={!significant ? undefined : up ? 'good' : 'bad'}>
            {!isOpen && lift !== null && <Icon size={14} role="img" aria-label={told} />}
            {lift === null ? NOTHING : format.change(lift)}
          </span>
        </Tooltip>
      </td>
      <td className={css.whisker}>
        {lift !== null && liftInterval && spread && (
          <Whisker
            axis={axis}
            low={liftInterval.low}
            high={liftInterval.high}
            at={lift}
            color={isOpen ? 'var(--text-dim)' : `var(${armColor(arm)})`}
            label={spread}
          />
        )}
      </td>
    </tr>
  )
}
