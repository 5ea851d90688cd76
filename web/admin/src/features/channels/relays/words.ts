/** The health of a mail server, and how far a trial came, in words. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

import type { Tone } from '../../../components/States'
import type { Relay, RelayTrial } from '../../../lib/api/types'

export const HEALTH: Record<Relay['health'], { tone: Tone; label: MessageDescriptor }> = {
  works: { tone: 'good', label: msg({ context: 'SMTP server', message: 'takes letters' }) },
  rests: { tone: 'bad', label: msg({ context: 'SMTP server', message: 'does not take letters' }) },
  unused: { tone: 'idle', label: msg({ context: 'SMTP server', message: 'nothing sent in the last hour' }) },
  off: { tone: 'dim', label: msg({ context: 'SMTP server', message: 'switched off' }) },
}

export const PHASES: Record<RelayTrial['phase'], MessageDescriptor> = {
  address: msg`The name leads to no address that may be used.`,
  connect: msg`No connection could be made.`,
  greeting: msg`The server was reached, but it did not greet us.`,
  tls: msg`The connection could not be encrypted.`,
  login: msg`The server does not accept the user name or the password.`,
  done: msg`Everything is in order: connected and logged in.`,
}

export const TLS: Record<Relay['tls'], string> = { starttls: 'STARTTLS', tls: 'TLS', none: '' }
