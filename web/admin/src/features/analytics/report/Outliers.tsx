import { Switch } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { Fragment } from 'react'

import { AppLink } from '../../../components/AppLink'
import { useArmName } from '../../../components/arms'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Report, ReportChoice } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { peopleHref } from './figures'
import css from './Report.module.css'

interface OutliersProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
  onCut: (cut: boolean) => void
}

/** The few checks that may decide over revenue alone, and a way to read it without them. */
export function Outliers({ report, of, choice, onCut }: OutliersProps) {
  const { t } = useLingui()
  const format = useFormat()
  const armName = useArmName()
  const { outliers } = report
  if (!outliers) return null
  const { currency } = report.campaign
  const count = outliers.arms.reduce((sum, arm) => sum + arm.checks, 0)
  const limit = format.money(Math.round(outliers.limit), currency)
  const nameOf = (key: string) => armName(key, report.arms.find((arm) => arm.key === key)?.name ?? '')
  return (
    <section className={css.outliers} aria-label={t`Orders far above the mean`}>
      <p>
        <Trans>
          <Plural value={count} one="# order" other="# orders" /> above {limit}, ten times the mean:
        </Trans>{' '}
        {outliers.arms.map((arm, index) => (
          <Fragment key={arm.key}>
            {index > 0 && '; '}
            {nameOf(arm.key)}:{' '}
            {arm.checks === 0 ? (
              <Trans>none</Trans>
            ) : (
              <>
                {format.money(arm.revenue, currency)} (
                <AppLink href={peopleHref(of, { ...choice, figure: 'outliers', arm: arm.key })}>
                  <Plural value={arm.checks} one="# order" other="# orders" />
                </AppLink>
                )
              </>
            )}
          </Fragment>
        ))}
        . {outliers.cut && <Trans>They are left out of revenue; the people stay in their groups.</Trans>}
      </p>
      <Switch
        label={t`Without them`}
        description={t`Decide before you look at the result.`}
        checked={outliers.cut}
        onChange={(event) => onCut(event.currentTarget.checked)}
      />
    </section>
  )
}
