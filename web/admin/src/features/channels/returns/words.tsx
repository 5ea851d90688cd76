import { useLingui } from '@lingui/react/macro'

import type { Tone } from '../../../components/States'
import type { ReportProvider, ReturnConsequence, ReturnKind, ReturnVerdict } from '../../../lib/api/types'

export function useReturnKinds(): Record<ReturnKind, string> {
  const { t } = useLingui()
  return {
    bounce: t`Bounce`,
    complaint: t`Complaint`,
    auto_reply: t`Automatic reply`,
    reply: t`Answer of a person`,
    notice: t`Notice`,
  }
}

export function useReturnVerdicts(): Record<ReturnVerdict, string> {
  const { t } = useLingui()
  return {
    hard: t`The address is dead`,
    soft: t`Not delivered for now`,
    complaint: t`Complaint about spam`,
    auto_reply: t`A program answered`,
    none: t`Changes nothing`,
  }
}

export const VERDICT_TONES: Record<ReturnVerdict, Tone> = {
  hard: 'bad',
  soft: 'warn',
  complaint: 'bad',
  auto_reply: 'idle',
  none: 'dim',
}

/** What was done because of a mail, each in a sentence. */
export function useConsequences(): (
  did: ReturnConsequence,
  soft: { count: number | null; most: number },
) => string {
  const { t } = useLingui()
  return (did, { count, most }) => {
    switch (did) {
      case 'bounced':
        return t`The letter counts as bounced in the report of the mailing.`
      case 'stopped':
        return t`The address went on the stop list.`
      case 'counted':
        return t`Not delivered ${count ?? 1} times in a row; ${most} stop the address.`
      case 'row_ended':
        return t`The person has opened or clicked since, so the row of failures began anew.`
      case 'withdrawn':
        return t`The consent to letters was withdrawn.`
      case 'lifted':
        return t`The address was taken off the stop list again.`
    }
  }
}

export const PROVIDER_NAMES: Record<ReportProvider, string> = {
  ses: 'Amazon SES',
  mailgun: 'Mailgun',
  postmark: 'Postmark',
  sendgrid: 'SendGrid',
  unisender_go: 'UniSender Go',
}

/** What a report comes from is a service by its key, or the address of a mail. */
export const providerName = (sender: string): string =>
  Object.hasOwn(PROVIDER_NAMES, sender) ? PROVIDER_NAMES[sender as ReportProvider] : sender
