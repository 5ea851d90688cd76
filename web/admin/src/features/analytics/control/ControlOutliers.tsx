import { Switch } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { Fragment } from 'react'

import { AppLink } from '../../../components/AppLink'
import type { ControlAsked, ControlSide, GlobalControlReport } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import report from '../report/Report.module.css'
import { useSideNames } from './names'
import { peopleHref } from './search'

interface ControlOutliersProps {
  data: GlobalControlReport
  asked: ControlAsked
  onCut: (cut: boolean) => void
}

/** The few checks that may decide over revenue alone, and a way to read it without them. */
export function ControlOutliers({ data, asked, onCut }: ControlOutliersProps) {
  const { t } = useLingui()
  const format = useFormat()
  const sideNames = useSideNames()
  const { outliers, currency } = data
  if (!outliers) return null
  const count = outliers.arms.reduce((sum, arm) => sum + arm.checks, 0)
  const limit = format.money(Math.round(outliers.limit), currency)
  return (
    <section className={report.outliers} aria-label={t`Orders far above the mean`}>
      <p>
        <Trans>
          <Plural value={count} one="# order" other="# orders" /> above {limit}, ten times the mean:
        </Trans>{' '}
        {outliers.arms.map((arm, index) => (
          <Fragment key={arm.key}>
            {index > 0 && '; '}
            {sideNames[arm.key as ControlSide['key']]}:{' '}
            {arm.checks === 0 ? (
              <Trans>none</Trans>
            ) : (
              <>
                {format.money(arm.revenue, currency)} (
                <AppLink href={peopleHref(asked, { figure: 'outliers', side: arm.key as ControlSide['key'] })}>
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
