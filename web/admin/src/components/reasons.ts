/** Why a message was kept back or refused: the server's closed list in words. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'

const REASONS: Record<string, MessageDescriptor> = {
  campaign_stopped: msg`the mailing was stopped`,
  profile_gone: msg`the customer was merged or erased`,
  no_address: msg`no e-mail address`,
  invalid_address: msg`the address is not valid`,
  no_consent: msg`no consent`,
  withdrawn: msg`the consent was withdrawn`,
  suppressed: msg`the address is on the stop list`,
  duplicate_address: msg`another customer has the same address`,
  control_group: msg`control group`,
  global_control: msg`global control group`,
  nothing_new: msg`nothing new for the person since the last letter`,
  paused: msg`the person has paused letters`,
  frequency: msg`as many messages as the sending policy allows`,
  quiet_hours: msg`the quiet hours end after the latest moment`,
  too_late: msg`the latest moment of the mailing has passed`,
  waits_own_time: msg`waits for the time in the person's own zone`,
  waits_quiet_hours: msg`waits until the quiet hours or the holiday end`,
  waits_others_first: msg`waits for a more important mailing`,
  waits_another_day: msg`waits for the next day: a mass message went today`,
  waits_relay_pace: msg`waits because its mail provider asks for a slower pace`,
  waits_warm_up: msg`waits for the next day: the warm-up plan allows no more today`,
  render_failed: msg`the letter could not be filled in`,
  letter_too_big: msg`the filled letter is too big`,
  no_mailbox: msg`there is no such mailbox`,
  no_domain: msg`the domain takes no mail`,
  moved: msg`the mailbox has moved`,
  mailbox_disabled: msg`the mailbox is switched off`,
  mailbox_full: msg`the mailbox is full`,
  filtered: msg`refused by a filter`,
  spam: msg`refused as spam`,
  policy: msg`refused by the rules of the receiving server`,
  rate: msg`too many messages for now`,
  too_big: msg`too big for the receiving server`,
  authentication: msg`the mail server refused our login`,
  content: msg`the content was not accepted`,
  server: msg`trouble of the receiving server`,
  network: msg`the connection was lost`,
  no_answer: msg`handed over, but no answer came`,
  process_lost: msg`the program stopped while handing it over`,
  other: msg`refused without a clear reason`,
}

export function useReasonText(): (reason: string, given?: string) => string {
  const { i18n } = useLingui()
  return (reason, given) => {
    const known = REASONS[reason]
    return known ? i18n._(known) : given || reason
  }
}
