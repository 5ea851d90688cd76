import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { StateLabel } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { personSendingQuery } from '../../../lib/api/endpoints/sending'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Card.module.css'

/** What the sending policy means for this person now; nothing where no rule touches him. */
export function SendingState({ id }: { id: number }) {
  const { t } = useLingui()
  const format = useFormat()
  const { data } = useQuery(personSendingQuery(id))
  if (!data) return null
  const { limits } = data
  if (!data.global_control && data.mass_free && data.quiet_until === null && limits.length === 0) return null
  return (
    <ul className={css.plain} aria-label={t`Sending policy`}>
      {data.global_control && (
        <li>
          <StateLabel tone="idle">{t`Global control group: gets only service messages`}</StateLabel>
        </li>
      )}
      {limits.length > 0 && (
        <li className={css.dim}>
          {data.mass_free ? (
            <Trans>A mass mailing may go today.</Trans>
          ) : (
            <Trans>No mass mailing today: the sending policy is used up.</Trans>
          )}{' '}
          {limits
            .map(({ limit, used }) => {
              const counts = `${format.number(used)}/${format.number(limit.count)}`
              return limit.per === 'week'
                ? t`this week ${counts}`
                : limit.days === 1
                  ? t`today ${counts}`
                  : t`in ${limit.days} days ${counts}`
            })
            .join(', ')}
        </li>
      )}
      {data.quiet_until !== null && (
        <li className={css.dim}>
          <Trans>
            Quiet now in {data.timezone}; letters go from <DateTime at={data.quiet_until} /> on.
          </Trans>
        </li>
      )}
    </ul>
  )
}
