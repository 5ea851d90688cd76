import { useLingui } from '@lingui/react/macro'

import { useConsentWords } from '../../components/consentWords'
import type { AuditEntry, Purpose, Role } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { detailsOf, verbOf } from './auditLine'
import { useRoles } from './roles'

/** How the lines of the audit log read: what was done, to what, and what is worth knowing of it. */
export function useAuditWords() {
  const { t } = useLingui()
  const format = useFormat()
  const consents = useConsentWords()
  const roles = useRoles()
  const verbs: Record<string, string> = {
    accepted: t`accepted the load`,
    added: t`added`,
    answered: t`answered`,
    applied: t`applied again`,
    approval_asked: t`asked for an approval`,
    approval_taken_back: t`took the approval back`,
    approved: t`approved`,
    asked: t`ordered an export`,
    attached: t`attached to the customer`,
    changed: t`changed`,
    changed_password: t`changed the password`,
    check_changed: t`changed the check of calls`,
    created: t`created`,
    declined: t`kept the old catalogue`,
    deleted: t`removed`,
    disabled: t`switched off`,
    downloaded: t`downloaded`,
    erased: t`erased`,
    errors_downloaded: t`downloaded the rows with errors`,
    extended: t`extended the term`,
    finished: t({ context: 'audit', message: 'finished' }),
    granted: t`noted a consent`,
    judged_again: t`judged again`,
    launched: t`launched`,
    limits_forgotten: t`forgot the limits of mail providers`,
    mapping_changed: t`changed the meaning of the fields`,
    members_changed: t`changed the members`,
    merge_undone: t`undid a merge`,
    merged: t`merged`,
    on: t`switched on`,
    ordered: t`ordered a copy of the data`,
    put: t`changed`,
    service_off: t`took the mark of a service message away`,
    service_on: t`marked as a service message`,
    set: t`changed`,
    password_renewed: t`made a new password`,
    paused: t`paused`,
    published: t`published`,
    closed: t`closed for ever`,
    recomputed: t`computed again`,
    refusal_taken_back: t`took back “different people”`,
    refused: t({ context: 'audit', message: 'refused' }),
    rejected: t`sent back`,
    released: t`tried again`,
    removed: t`removed`,
    replayed: t`sent again`,
    reread_orders: t`read the orders again`,
    rest_sent: t`sent the rest`,
    resumed: t`resumed`,
    revoked: t`revoked`,
    next_kept: t`let the next run go out`,
    next_skipped: t`left out the next run`,
    rotated: t`changed the secret`,
    signed_in: t`signed in`,
    started: t`started`,
    stopped: t`stopped`,
    updated: t`changed`,
    warmup_ended: t`ended the warm-up of the domain`,
    warmup_set: t`set the warm-up of the domain`,
    withdrawn: t`noted a withdrawal`,
  }
  // Where the last word alone would say another thing.
  const whole: Record<string, string> = {
    'duplicate.refused': t`said “different people”`,
    'forwarding.on': t`switched on`,
    key_made: t`made a new DKIM key`,
    key_switched: t`signs with the new DKIM key`,
    'message.letter_shown': t`looked at a letter that was sent`,
    'note.added': t`wrote a note`,
    'note.changed': t`changed a note`,
    'note.deleted': t`removed a note`,
    'source.replayed': t`worked through calls again`,
  }
  const kinds: Record<string, string> = {
    batch: t`events set apart`,
    brand_kit: t`brand kit`,
    campaign: t`mailing`,
    campaign_template: t`template of mailings`,
    computed_trait: t`computed trait`,
    consent_policy: t`rule of consents`,
    content_feed: t`feed of articles`,
    consent_text: t`consent text`,
    duplicates: t`duplicates`,
    exchange: t`exchange with 1C`,
    export: t`export`,
    export_destination: t`place of exports`,
    export_schedule: t`schedule of exports`,
    feed: t`feed`,
    forwarding: t`forwarding of events`,
    identity_rules: t`rules of joining`,
    import: t`import`,
    key: t`API key`,
    letter: t`letter`,
    media: t`picture of letters`,
    message: t({ context: 'letter', message: 'message' }),
    order_field: t`field of orders`,
    order_status: t`status of orders`,
    person_request: t`request of a person`,
    profile: t`customer`,
    regular_mailing: t`regular mailing`,
    relay: t`SMTP server`,
    report_hook: t`reports of a sending service`,
    retention: t`term of storage`,
    return_mailbox: t`mailbox for returned mail`,
    returned_mail: t`returned mail`,
    saved_block: t`saved block`,
    segment: t`segment`,
    sender: t`sender`,
    sending_policy: t`sending policy`,
    source: t`source`,
    suppression: t`stop list`,
    topic: t`topic`,
    transactional: t`transactional letter`,
    tracking_domain: t`tracking domain`,
    user: t`user`,
    working_calendar: t`working calendar`,
    workspace: t`workspace`,
  }
  const fields: Record<string, string> = {
    basis: t`basis`,
    calls: t`calls`,
    channel: t`channel`,
    characters: t`characters`,
    columns: t`columns`,
    days: t`days`,
    deliveries: t`events`,
    destination: t`to where`,
    email_needs_consent: t`consent is needed`,
    fields: t`fields`,
    format: t`format`,
    from_id: t`from the customer`,
    into: t`into cards`,
    keep_days: t`kept, days`,
    kind: t`kind`,
    least: t`likeness from`,
    names: t`events`,
    number: t({ context: 'audit', message: 'number' }),
    other_id: t`other customer`,
    people: t`people`,
    purpose: t`purpose`,
    reason: t`reason`,
    role: t`role`,
    returned_mail: t`returned mail`,
    rows: t`rows`,
    subject: t`what`,
    traits: t`traits`,
    variant: t`variant`,
    verdict: t`verdict`,
    version: t`version`,
    whole: t`to the end`,
    with_customer: t`with traits of the customer`,
  }
  const values: Record<string, Record<string, string>> = {
    basis: {
      request: t`demand of the person`,
      withdrawal: t`consent is withdrawn`,
      purpose_reached: t`the purpose is reached`,
      unlawful: t`unlawful processing`,
      gdpr: 'GDPR',
      company: t`our own decision`,
    },
    destination: { download: t`download`, exportfolder: t`folder`, s3: 'S3' },
    verdict: {
      hard: t`the address is dead`,
      soft: t`not delivered for now`,
      complaint: t`complaint`,
      auto_reply: t`automatic reply`,
      none: t`nothing`,
    },
    fields: {
      limits: t`how often`,
      mass_apart_from_triggered: t`mass messages apart from triggered ones`,
      quiet_weekdays: t`quiet hours of weekdays`,
      quiet_weekends: t`quiet hours of weekends`,
      holidays: t`holidays`,
      global_control: t`global control group`,
      service_without_consent: t`service messages without consent`,
      approval_required: t`approval`,
    },
    format: { csv: 'CSV', jsonl: 'JSON Lines', parquet: 'Parquet' },
    kind: {
      access: t`access`,
      rectification: t`rectification`,
      erasure: t`erasure`,
      objection: t`objection`,
      withdrawal: t`withdrawal of consent`,
      stop: t`demand to stop`,
      customers: t`customers`,
      orders: t`orders`,
      events: t`events`,
      consents: t`consents`,
      suppressions: t`stop list`,
    },
    subject: { profiles: t`customers`, events: t`events`, orders: t`orders`, messages: t`messages` },
  }

  const valueText = (field: string, value: unknown): string => {
    if (Array.isArray(value)) return value.map((one) => valueText(field, one)).join(', ')
    if (value === true) return t`yes`
    if (value === false) return t`no`
    if (field === 'least' && typeof value === 'number') return format.percent(value, 0)
    // A number that names a thing is not written like an amount.
    if (typeof value === 'number') return /(^|_)(id|number|version)$/.test(field) ? String(value) : format.number(value)
    if (field === 'channel') return consents.channel(String(value))
    if (field === 'purpose') return consents.purposes[value as Purpose] ?? String(value)
    if (field === 'role') return roles[value as Role]?.name ?? String(value)
    return values[field]?.[String(value)] ?? String(value)
  }

  return {
    what: (entry: AuditEntry) => whole[entry.action] ?? verbs[verbOf(entry.action)] ?? entry.action,
    // Rules are kept with the workspace, but it is the rules that were changed.
    kind: (entry: AuditEntry) => {
      const subject = entry.action.split('.')[0] ?? ''
      return (entry.object_kind === 'workspace' && kinds[subject]) || kinds[entry.object_kind] || entry.object_kind
    },
    details: (entry: AuditEntry) =>
      detailsOf(entry.detail)
        .map(([field, value]) => `${fields[field] ?? field.replaceAll('_', ' ')}: ${valueText(field, value)}`)
        .join('; '),
  }
}
