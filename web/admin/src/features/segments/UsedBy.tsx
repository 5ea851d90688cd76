import { Plural, Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../components/AppLink'
import type { Segment } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Segment.module.css'

type Use = Segment['used_by'][number]

/** Whether something still needs the segment; campaigns that are over do not. */
export const isNeeded = (segment: Segment) => segment.used_by.some((use) => use.state !== 'over')

const PLACES: Record<string, string> = {
  segment: '/segments',
  campaign: '/mailings',
  regular_mailing: '/mailings/regular',
}
/** Users that are over are counted, and only so many of them named. */
const OVER_SHOWN = 3

/** What uses the segment: mailings by what they do now, then everything else. */
export function UsedBy({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const format = useFormat()
  if (segment.used_by.length === 0) return null
  const mailings = segment.used_by.filter((use) => use.kind === 'campaign')
  const others = segment.used_by.filter((use) => use.kind !== 'campaign')
  const running = mailings.filter((use) => use.state === 'running')
  const planned = mailings.filter((use) => use.state === 'planned')
  const over = mailings.filter((use) => use.state === 'over')
  const parts = [
    running.length > 0 && t`${format.number(running.length)} running`,
    planned.length > 0 && t`${format.number(planned.length)} planned`,
    over.length > 0 && t`${format.number(over.length)} over`,
  ].filter((part) => part !== false)
  return (
    <div className={css.dim}>
      {mailings.length > 0 && (
        <>
          <div>
            <Plural value={mailings.length} one="Used in # mailing" other="Used in # mailings" />: {parts.join(', ')}
          </div>
          <Uses uses={[...running, ...planned, ...over.slice(0, OVER_SHOWN)]} />
        </>
      )}
      {others.length > 0 && (
        <>
          <div>
            <Trans>Used by</Trans>
          </div>
          <Uses uses={others} />
        </>
      )}
    </div>
  )
}

function Uses({ uses }: { uses: Use[] }) {
  return uses.map((use) => {
    const place = PLACES[use.kind]
    return (
      <div key={use.id}>{place ? <AppLink href={`${place}/${use.id}`}>{use.name}</AppLink> : use.name}</div>
    )
  })
}
