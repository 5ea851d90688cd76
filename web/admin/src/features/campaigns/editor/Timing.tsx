import { Plural, Trans, useLingui } from '@lingui/react/macro'

import type { Audience, CampaignInput } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Editor.module.css'

type Timing = NonNullable<Audience['timing']>

/** When the letters go and when the last one is out, by the schedule, the usual pace and the rules. */
export function TimingFacts({ timing, draft }: { timing: Timing; draft: CampaignInput }) {
  const { t } = useLingui()
  const format = useFormat()
  const byHand = draft.first !== null && draft.first.decide === 'hand'
  const line = (name: string, at: string) => (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{format.dateTime(at)}</strong>
      </dd>
    </div>
  )
  return (
    <section aria-label={t`When it goes`}>
      <h3 className={css.forecastTitle}>
        {draft.schedule.kind === 'now' ? <Trans>If it is launched now</Trans> : <Trans>When it goes</Trans>}
      </h3>
      <dl className={css.forecast}>
        {line(t`The first letter`, timing.begins_at)}
        {timing.first_done_at !== null && line(t`The first part is out`, timing.first_done_at)}
        {timing.rest_at !== null && line(t`The rest begins`, timing.rest_at)}
        {timing.ends_at !== null && line(t`The last letter`, timing.ends_at)}
      </dl>
      <p className={css.dim} style={{ margin: '6px 0 0' }}>
        {timing.ends_at === null && byHand ? (
          <Trans>The rest goes when somebody has chosen its letter.</Trans>
        ) : timing.ends_at === null && timing.per_second === null ? (
          <Trans>When it ends can be told after the first mailing of 200 letters or more.</Trans>
        ) : timing.per_second !== null ? (
          <Trans>
            At {format.number(Math.max(1, Math.round(timing.per_second)))} letters a second; {format.timeZone}.
          </Trans>
        ) : (
          format.timeZone
        )}{' '}
        {timing.quiet > 0 && (
          <Plural
            value={timing.quiet}
            one="For # person it is quiet at the beginning: the letter waits until the quiet hours end."
            other="For # people it is quiet at the beginning: their letters wait until the quiet hours end."
          />
        )}
      </p>
    </section>
  )
}
