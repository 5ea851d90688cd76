import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../components/AppLink'
import { JsonView } from '../../components/JsonView'
import { DateTime } from '../../components/Time'
import type { EventRow } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Events.module.css'

/** One event in a line; opened, everything that came with it. */
export function EventItem({ event }: { event: EventRow }) {
  const { t } = useLingui()
  const format = useFormat()
  return (
    <li>
      <details>
        <summary>
          <time dateTime={event.time}>{format.timeSeconds(event.time)}</time>
          <span className={css.name}>{event.name}</span>
          <span className={css.gist}>{gist(event.properties)}</span>
          <span className={css.who}>
            {event.user_id || `#${event.profile_id}`}
          </span>
        </summary>
        <div className={css.detail}>
          <div>
            <p className={css.link}>
              <AppLink href={`/customers/${event.profile_id}`}>
                <Trans>Open the customer</Trans>
              </AppLink>
            </p>
            <h2>
              <Trans>Properties</Trans>
            </h2>
            <JsonView value={event.properties} label={t`Properties of ${event.name}`} />
          </div>
          <div>
            <h2>
              <Trans>
                Context, received <DateTime at={event.received_at} />
              </Trans>
            </h2>
            <JsonView value={event.context} label={t`Context of ${event.name}`} />
          </div>
        </div>
      </details>
    </li>
  )
}

function gist(properties: Record<string, unknown>): string {
  return Object.entries(properties)
    .filter(([, value]) => value !== null && typeof value !== 'object')
    .slice(0, 4)
    .map(([key, value]) => `${key}: ${String(value)}`)
    .join(' · ')
}
