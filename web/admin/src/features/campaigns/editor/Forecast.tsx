import { Skeleton } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { forecastQuery } from '../../../lib/api/endpoints/campaigns'
import type { Forecast as ForecastData } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Editor.module.css'

/** Lines whose window is not the same for every mailing, or longer than that of openings. */
const WITH_WINDOW = new Set<ForecastData['expected'][number]['what']>(['orders', 'targets'])

interface ForecastProps {
  campaignId: string
  revision: string
  /** People who get a letter, and people who are kept apart to compare with. */
  letters: number
  control: number
  hasGoal: boolean
}

/** What to expect of the launch, from what these people did with former mailings. */
export function Forecast({ campaignId, revision, letters, control, hasGoal }: ForecastProps) {
  const { t } = useLingui()
  const format = useFormat()
  const { data } = useQuery(forecastQuery(campaignId, revision, letters, control))
  if (!data) return <Skeleton height={96} />
  if (data.basis === 'none') {
    return (
      <p className={css.dim} style={{ margin: 0 }}>
        <Trans>A forecast appears after the first mailings: it rests on what people did with them.</Trans>
      </p>
    )
  }
  const names: Record<ForecastData['expected'][number]['what'], string> = {
    delivered: t`Will arrive`,
    opened: t`Will open`,
    clicked: t`Will click`,
    unsubscribed: t`Will unsubscribe`,
    orders: t`Will order`,
    targets: t`Will do the target action`,
  }
  return (
    <section aria-label={t`Forecast`}>
      <h3 className={css.forecastTitle}>
        <Trans>Forecast</Trans>
      </h3>
      <dl className={css.forecast}>
        {data.expected.map((one) => (
          <div key={one.what}>
            <dt>
              {names[one.what]}
              {WITH_WINDOW.has(one.what) && one.within_hours !== null && (
                <span> {t`within ${format.duration(one.within_hours * 3600)}`}</span>
              )}
            </dt>
            <dd>
              <strong>{format.number(one.count)}</strong>
              <span>
                {format.number(one.low)}–{format.number(one.high)}
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <p className={css.dim} style={{ margin: '8px 0 0' }}>
        {data.basis === 'audience' ? (
          <Plural
            value={data.mailings}
            one="From # former mailing to these people; nine of ten mailings end between the two numbers."
            other="From # former mailings to these people; nine of ten mailings end between the two numbers."
          />
        ) : (
          <Plural
            value={data.mailings}
            one="From # former mailing to all readers: these people got too few letters. Nine of ten mailings end between the two numbers."
            other="From # former mailings to all readers: these people got too few letters. Nine of ten mailings end between the two numbers."
          />
        )}{' '}
        {hasGoal && <Power data={data} control={control} />}
      </p>
    </section>
  )
}

/** What the control group of this size will be able to show. */
function Power({ data, control }: { data: ForecastData; control: number }) {
  const format = useFormat()
  if (control === 0) {
    if (data.control_needed === null) return null
    return (
      <Trans>
        A control group of {format.number(data.control_needed)} people would show a lift of{' '}
        {format.percent(data.worth_lift, 0)}.
      </Trans>
    )
  }
  if (data.detectable_lift === null) return null
  const shown = format.percent(Math.ceil(data.detectable_lift * 100) / 100, 0)
  if (data.control_needed === null || data.control_needed <= control) {
    return <Trans>The control group will show a lift of {shown} or more.</Trans>
  }
  return (
    <Trans>
      The control group will show a lift of {shown} or more; one of {format.number(data.control_needed)} people
      would show {format.percent(data.worth_lift, 0)}.
    </Trans>
  )
}
