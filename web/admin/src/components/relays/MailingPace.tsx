import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../AppLink'
import { Note } from '../States'
import { domainWarmupsQuery, pacesQuery, relaysQuery } from '../../lib/api/endpoints/relays'
import { useFormat } from '../../lib/format/useFormat'
import { troubleText } from './troubles'

/** A warm-up holds letters back when so much of its day is used up. */
const NEARLY = 0.8

/** What slows letters down at this moment; nothing when nothing does. For a mailing that is running. */
export function MailingPace({ ratePerS }: { ratePerS: number | null }) {
  const { i18n } = useLingui()
  const format = useFormat()
  const { data: relays } = useQuery(relaysQuery)
  const { data: paces } = useQuery(pacesQuery)
  const { data: domains } = useQuery(domainWarmupsQuery)
  const slowed = paces?.providers.filter((row) => row.limit_per_s !== null) ?? []
  const used = relays?.filter((relay) => relay.in_use) ?? []
  const resting = used.filter((relay) => relay.health === 'rests')
  const limited = used.filter((relay) => relay.letters_per_s !== null || relay.slowed_to_per_s !== null)
  const warming = [
    ...used.map((relay) => ({ name: relay.name, warmup: relay.warmup })),
    ...(domains ?? []).map((one) => ({ name: one.domain, warmup: one.warmup })),
  ].flatMap(({ name, warmup }) => (warmup && warmup.today !== null && warmup.taken_today >= warmup.today * NEARLY ? [{ name, taken: warmup.taken_today, today: warmup.today }] : []))
  const count = slowed.length + resting.length + limited.length + warming.length
  if (!count && ratePerS === null) return null
  return (
    <Note level="info">
      <Trans>Letters a second of the workspace over the last minute: {format.number(paces?.pace_per_s)}. What holds the pace:</Trans>
      <ul className="tnum" style={{ margin: 0, paddingLeft: 20 }}>
        {ratePerS !== null && (
          <li>
            <Trans>this mailing: at most {format.number(ratePerS)} a second</Trans>
          </li>
        )}
        {resting.map((relay) => (
          <li key={`rest-${relay.id}`}>
            <Trans>{relay.name || relay.host} does not take letters</Trans>. {i18n._(troubleText(relay.trouble_kind))}
          </li>
        ))}
        {limited.map((relay) => (
          <li key={`limit-${relay.id}`}>
            <Trans>
              {relay.name || relay.host}: at most{' '}
              {format.number(Math.min(relay.letters_per_s ?? Infinity, relay.slowed_to_per_s ?? Infinity))} a second
            </Trans>
          </li>
        ))}
        {slowed.slice(0, 8).map((row) => (
          <li key={`${row.relay}-${row.provider}`}>
            <Trans>
              {row.provider} asked for less: at most {format.number(row.limit_per_s)} a second
            </Trans>
          </li>
        ))}
        {warming.map((one) => (
          <li key={`warm-${one.name}`}>
            <Trans>
              warm-up of {one.name}: today {format.number(one.taken)} of {format.number(one.today)} letters
            </Trans>
          </li>
        ))}
      </ul>
      <AppLink href="/settings/relays" style={{ color: 'inherit', textDecoration: 'underline' }}>
        <Trans>SMTP servers and pace</Trans>
      </AppLink>
    </Note>
  )
}
