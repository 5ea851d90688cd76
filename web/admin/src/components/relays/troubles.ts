/** What is wrong with a mail server, in words. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

const TROUBLES: Record<string, MessageDescriptor> = {
  network: msg`It cannot be reached, or it breaks the connection off.`,
  authentication: msg`It does not accept the user name or the password.`,
  rate: msg`It asks for fewer letters or connections at a time.`,
  policy: msg`It does not let us send from this address.`,
  spam: msg`It does not trust our address.`,
  server: msg`It has trouble of its own.`,
}
const OTHER_TROUBLE = msg`It does not take letters now.`

export const troubleText = (kind: string | null): MessageDescriptor => TROUBLES[kind ?? ''] ?? OTHER_TROUBLE
