import { useLingui } from '@lingui/react/macro'

import type { Purpose } from '../lib/api/types'

/** Names of purposes, of channels and of the ways by which a consent is known. */
export function useConsentWords() {
  const { t } = useLingui()
  const purposes: Record<Purpose, string> = {
    processing: t`Processing of personal data`,
    advertising: t`Advertising`,
    partners: t`Handing over to partners`,
  }
  const channels: Record<string, string> = {
    email: t`E-mail`,
    sms: t`SMS`,
    push: t`Push`,
    telegram: 'Telegram',
    whatsapp: 'WhatsApp',
    viber: 'Viber',
    calls: t`Calls`,
  }
  const sources: Record<string, string> = {
    form: t`a form on the site`,
    api: t`through the API`,
    import: t`an imported file`,
    operator: t`by hand`,
    unsubscribe_link: t`the unsubscribe link`,
    one_click: t`the button of the mail program`,
    preferences: t`the page of preferences`,
    complaint: t`a complaint`,
    merge: t`a merge of customers`,
  }
  return {
    purposes,
    channel: (channel: string) => channels[channel] ?? channel,
    source: (source: string) => sources[source] ?? source,
  }
}
