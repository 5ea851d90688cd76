import { Trans, useLingui } from '@lingui/react/macro'

import type { GlobalControlReport } from '../../../lib/api/types'
import { DifferenceTable } from '../report/DifferenceTable'

/** Those who get mailings against those who are kept out. */
export function ControlDifferences({ data }: { data: GlobalControlReport }) {
  const { t } = useLingui()
  return (
    <DifferenceTable
      isComplete={data.complete}
      hint={t`Of those who get mailings, against those who are kept out. The bar is the 95% interval: where it crosses zero, the difference may be chance.`}
      early={
        <Trans>
          While the group is in force, the share of buyers is judged by a test that may be looked at every day;
          revenue is judged when the time of the group is over.
        </Trans>
      }
      groups={data.comparisons.map((comparison) => ({
        key: comparison.metric,
        // Drawn in the colour of the first variant, as those who get mailings are all over the page.
        rows: [
          {
            comparison: { ...comparison, arm: 'A' },
            label: comparison.metric === 'targets' ? t`Share of buyers` : t`Revenue per person`,
          },
        ],
      }))}
    />
  )
}
