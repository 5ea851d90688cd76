import { Trans, useLingui } from '@lingui/react/macro'

import { ArmMark } from '../../../components/ArmMark'
import type { Metric, Report } from '../../../lib/api/types'
import { DifferenceTable } from './DifferenceTable'

export const METRICS: Metric[] = ['targets', 'revenue_per_person', 'opens', 'clicks']

/** Groups against each other, on one scale for each figure. */
export function Comparisons({ report }: { report: Report }) {
  const { t } = useLingui()
  const names = useMetricNames()
  const { complete, comparisons } = report
  const nameOf = (key: string) => report.arms.find((arm) => arm.key === key)?.name ?? ''
  return (
    <DifferenceTable
      isComplete={complete}
      hint={
        complete
          ? t`The bar is the 95% interval: where it crosses zero, the difference may be chance.`
          : t`The bar is the 95% interval of the lift: where it crosses zero, the difference may be chance.`
      }
      early={
        <Trans>
          People still have time for the target action, so the intervals and p are those of a test that may
          be looked at every day: the ordinary one, looked at so often, finds a winner among equal letters.
          They are wider; revenue is judged at the end.
        </Trans>
      }
      groups={METRICS.map((metric) => ({
        key: metric,
        title: names[metric],
        rows: comparisons
          .filter((comparison) => comparison.metric === metric)
          .map((comparison) => ({
            comparison,
            label: (
              <>
                <ArmMark arm={comparison.arm} name={nameOf(comparison.arm)} />
                <span style={{ color: 'var(--text-dim)' }}>
                  {' '}
                  {comparison.against === 'control' ? (
                    <Trans>against the control group</Trans>
                  ) : (
                    <Trans>against {comparison.against}</Trans>
                  )}
                </span>
              </>
            ),
          })),
      })).filter(({ rows }) => rows.length > 0)}
    />
  )
}

export function useMetricNames(): Record<Metric, string> {
  const { t } = useLingui()
  return {
    targets: t`Did the target action`,
    revenue_per_person: t`Revenue per person`,
    opens: t`Opened by people`,
    clicks: t`Clicked by people`,
  }
}
