import { useLingui } from '@lingui/react/macro'

import { StateLabel, type Tone } from '../../components/States'
import type { Import, ImportKind } from '../../lib/api/types'

const TONES: Record<Import['state'], Tone> = {
  queued: 'idle',
  running: 'live',
  done: 'good',
  failed: 'bad',
  cancelled: 'dim',
}

export function ImportStateLabel({ state }: { state: Import['state'] }) {
  const { t } = useLingui()
  const names: Record<Import['state'], string> = {
    queued: t`Waiting`,
    running: t`Running`,
    done: t({ context: 'import', message: 'Done' }),
    failed: t({ context: 'import', message: 'Failed' }),
    cancelled: t({ context: 'import', message: 'Cancelled' }),
  }
  return <StateLabel tone={TONES[state]}>{names[state]}</StateLabel>
}

export function useKindName(): (kind: ImportKind) => string {
  const { t } = useLingui()
  const names: Record<ImportKind, string> = {
    customers: t`Customers`,
    orders: t`Orders`,
    events: t`Events`,
    consents: t`Consents`,
    suppressions: t`Stop list`,
  }
  return (kind) => names[kind]
}

const SERVICES: Record<string, string> = {
  mailchimp: 'Mailchimp',
  klaviyo: 'Klaviyo',
  unisender: 'Unisender',
  brevo: 'Brevo',
  listmonk: 'listmonk',
  lemonsqueezy: 'Lemon Squeezy',
  shopify: 'Shopify',
}

/** The service whose export a file was; '' for a file of no service. */
export const serviceName = (code: string) => SERVICES[code.split('_')[0] ?? ''] ?? ''
