/** The pages of the settings: the menu shows them, the search finds them. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

import type { Permission } from '../lib/api/types'

interface SettingsPage {
  href: string
  label: MessageDescriptor
  /** Who may open it; everybody when it is left out. */
  needs?: Permission
}

export const SETTINGS_PAGES: SettingsPage[] = [
  { href: '/settings/account', label: msg`My account` },
  { href: '/settings/workspace', label: msg`Workspace` },
  { href: '/settings/users', label: msg`Users`, needs: 'manage' },
  { href: '/settings/keys', label: msg`API keys`, needs: 'manage' },
  { href: '/settings/identity', label: msg`Joining customers` },
  { href: '/settings/senders', label: msg`Senders` },
  { href: '/settings/relays', label: msg`SMTP servers` },
  { href: '/settings/tracking', label: msg`Tracking domain` },
  { href: '/settings/brand-kit', label: msg`Brand kit` },
  { href: '/settings/topics', label: msg`Topics and consents` },
  { href: '/settings/consent-texts', label: msg`Consent texts` },
  { href: '/settings/returned-mail', label: msg`Returned mail` },
  { href: '/settings/stop-list', label: msg`Stop list` },
  { href: '/settings/sending-policy', label: msg`Sending policy` },
  { href: '/settings/retention', label: msg`Terms of keeping` },
  { href: '/settings/audit', label: msg`Audit log`, needs: 'manage' },
]
