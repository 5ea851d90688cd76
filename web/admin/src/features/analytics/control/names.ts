/** Words of the report of the global control group. */

import { useLingui } from '@lingui/react/macro'

import type { ControlFigure, ControlSide, GlobalControlReport } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'

export function useControlFigures(): Record<ControlFigure, string> {
  const { t } = useLingui()
  return {
    people: t`People`,
    written: t`Got letters`,
    buyers: t`Buyers`,
    outliers: t`Orders far above the mean`,
  }
}

export function useSideNames(): Record<ControlSide['key'], string> {
  const { t } = useLingui()
  return { rest: t`Get mailings`, kept: t`Global control group` }
}

/** "1 July 2026 – 30 September 2026, 5 %" */
export function useGroupName(): (span: GlobalControlReport['spans'][number]) => string {
  const { t } = useLingui()
  const format = useFormat()
  return ({ since, until, share }) => {
    const days =
      until === null
        ? t({ context: 'dates', message: `since ${format.date(since)}` })
        : t({ context: 'dates', message: `${format.date(since)} – ${format.date(lastDay(until))}` })
    return `${days}, ${format.percent(share, Math.round(share * 1000) % 10 === 0 ? 0 : 1)}`
  }
}

/** A group ends with the moment at which the next begins: its last day is the one before. */
const lastDay = (until: string) => new Date(Date.parse(until) - 1).toISOString()
