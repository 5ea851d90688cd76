/**
 * The shapes of the REST API, by the words of the glossary. The interface imports them from here
 * only, so that a change of the API is one change of this file.
 *
 * Times are ISO 8601 in UTC. Money is a decimal number in the workspace's currency. Shares of an
 * audience are per cent; rates, lifts and intervals are fractions (0.05 = five per cent).
 */

import type { PropertyFilter } from '../rules/types'

export interface Page<T> {
  items: T[]
  next_cursor: string | null
  total: number | null
}

export type Lang = 'en' | 'ru'
export type Role = 'owner' | 'marketer' | 'analyst' | 'operator'
export type Permission = 'view' | 'edit' | 'send' | 'manage' | 'inbox'

export interface Reference {
  id: string
  name: string
}

// ── accounts ────────────────────────────────────────────────────────────────────────────────

export interface Me {
  user: { id: string; email: string; name: string; lang: Lang }
  workspace: Workspace
  role: Role
  permissions: Permission[]
  csrf_token: string
  /** True while letters go to the built-in catcher instead of the world. */
  development: boolean
  workspaces: { id: number; name: string }[]
}

export interface Workspace {
  id: number
  name: string
  timezone: string
  currency: string
  lang: Lang
}

export interface User {
  id: string
  name: string
  email: string
  lang: Lang
  role: Role
  last_seen_at: string | null
  created_at: string
}

export interface ApiKey {
  id: string
  name: string
  kind: 'public' | 'secret'
  /** The first characters, enough to recognise the key. */
  prefix: string
  /** The whole key; kept for public ones only, since visitors see them anyway. */
  token: string | null
  created_at: string
  last_used_at: string | null
}

export interface CreatedApiKey {
  key: ApiKey
  secret: string
}

export interface AuditEntry {
  id: number
  at: string
  actor: string
  action: string
  object_kind: string
  object_id: string
  detail: Record<string, unknown>
}

// ── home ────────────────────────────────────────────────────────────────────────────────────

export interface Home {
  attention: AttentionItem[]
  checklist: ChecklistItem[]
  pulse: { days: PulseDay[] }
  totals: { profiles: number; known: number; events_30d: number; segments: number; campaigns: number }
}

export interface AttentionItem {
  kind: string
  level: 'info' | 'warn' | 'bad'
  title: string
  detail: string
  link: string
  at: string
}

export interface ChecklistItem {
  id: string
  done: boolean
  link: string
}

export interface PulseDay {
  date: string
  events: number
  new_profiles: number
  sent: number
  orders: number
  revenue: number
}

// ── profiles ────────────────────────────────────────────────────────────────────────────────

export type TraitValue =
  | string
  | number
  | boolean
  | null
  | TraitValue[]
  | { [key: string]: TraitValue }

export interface ProfileRow {
  id: number
  /** Empty where nobody told it. */
  name: string
  email: string | null
  phone: string | null
  user_id: string | null
  first_seen: string
  last_seen: string
  traits: Record<string, TraitValue>
  known: boolean
}

export interface ProfileCard {
  id: number
  name: string
  email: string | null
  phone: string | null
  user_id: string | null
  known: boolean
  first_seen: string
  last_seen: string
  identifiers: { kind: string; value: string; first_seen: string }[]
  traits: Record<string, TraitValue>
  trait_types: Record<string, string>
  consents: ConsentState[]
  segments: Reference[]
  orders: { count: number; total: number | string; last_at: string | null; currency: string | null }
  merged_from: Merge[]
}

export interface ConsentState {
  channel: string
  /** Null: the channel as a whole. */
  topic_id: string | null
  state: 'none' | 'granted' | 'withdrawn'
  at: string
  source: string
}

export interface ConsentEntry {
  id: number
  channel: string
  topic_id: string | null
  action: 'granted' | 'withdrawn'
  source: string
  at: string
  text_id: string | null
  ip: string | null
  proof: Record<string, unknown> | null
}

export interface ConsentInput {
  channel: string
  topic_id: string | null
  action: 'granted' | 'withdrawn'
  proof: Record<string, unknown> | null
}

export interface Merge {
  id: string
  from_id: number
  into_id: number
  merged_at: string
  reason: string
  undone_at: string | null
  identifiers: { kind: string; value: string }[]
}

export interface ProfileMessage {
  message_id: number
  channel: string
  source_kind: string
  source_id: string
  variant: string
  subject: string
  state: string
  reason: string
  reason_text: string
  answer: string
  created_at: string
  at: string | null
}

export interface Order {
  order_id: string
  profile_id: number
  status: 'placed' | 'paid' | 'cancelled' | 'returned'
  placed_at: string
  /** Amounts are decimal texts in the order's currency. */
  total: string
  currency: string
  refunded: string
  lines: OrderLine[]
}

export interface OrderLine {
  product_id: string
  name: string
  category: string
  quantity: number
  price: string
}

// ── events ──────────────────────────────────────────────────────────────────────────────────

export interface EventRow {
  message_id: string
  name: string
  type: string
  time: string
  received_at: string
  /** The profile of today, after merges. */
  profile_id: number
  user_id: string
  anonymous_id: string
  properties: Record<string, unknown>
  context: Record<string, unknown>
  source: string
}

export interface EventName {
  name: string
  type: string
  count: number
  count_24h: number
  last_seen: string
  properties: { path: string; type: string; sample: unknown }[]
}

export interface EventSeries {
  name: string
  days: { date: string; events: number; people: number }[]
}

export interface Reject {
  id: string
  received_at: string
  code: string
  reason: string
  type: string | null
  message_id: string | null
  body: string
  source: string
}

export interface Schema {
  traits: { name: string; type: string; count: number }[]
  events: { name: string; properties: { path: string; type: string }[] }[]
  identifiers: string[]
  topics: Reference[]
}

export interface ValueCount {
  value: string | number | boolean
  count: number
}

// ── segments ────────────────────────────────────────────────────────────────────────────────

export interface Segment {
  id: string
  name: string
  description: string
  kind: 'dynamic' | 'static'
  definition: unknown
  count: number | null
  computed_at: string | null
  took_ms: number | null
  /** Code of the error that the latest recount ended with. */
  problem: string | null
  used_by: { kind: string; id: string; name: string }[]
  created_at: string
  updated_at: string
}

/** A definition as a sentence, with what may be a mistake in it. */
export interface SegmentText {
  text: string
  warnings: { path: string; code: string; message: string }[]
}

export interface SegmentCount {
  count: number
  total: number
  took_ms: number
  as_of: string
}

/** One condition held against one customer; groups hold the answers of their parts. */
export interface Explanation {
  text: string
  holds: boolean
  /** What was found: a value, a number of events, a date. */
  fact: string | number | boolean | null
  children: Explanation[]
}

export interface SegmentExplanation {
  member: boolean
  explanation: Explanation
}

// ── imports ─────────────────────────────────────────────────────────────────────────────────

export type ImportKind = 'customers' | 'orders'

export interface ImportOptions {
  empty?: 'keep' | 'clear'
  decimal?: 'point' | 'comma' | null
  date_order?: 'ymd' | 'dmy' | 'mdy' | null
  timezone?: string
  currency?: string | null
  anonymous?: 'skip' | 'keep'
  return_prefix?: string
  /** What everybody in a file of customers agreed to; without it the file says nothing. */
  consent?: DeclaredConsent | null
}

export interface DeclaredConsent {
  channel: 'email'
  /** How and when they agreed: the proof in the ledger, 3 to 1000 characters. */
  note: string
  topic_id?: string
}

export interface ImportFormat {
  encoding?: string | null
  separator?: string | null
  header?: boolean | null
}

/** A file as it was recognised, with its first rows as they would be stored. */
export interface ImportFile {
  file_id: string
  name: string
  size: number
  kind: ImportKind
  encoding: string
  separator: string
  header: boolean
  decimal: string
  date_order: string
  columns: { name: string; samples: string[]; suggested: string }[]
  /** What columns may be mapped to, such as "email" or "trait:<name>". */
  fields: string[]
  rows: {
    line: number
    values: Record<string, unknown>
    problems: { column: string; code: string; message: string }[]
  }[]
}

export interface ImportRequest {
  file_id: string
  kind: ImportKind
  /** Column of the file → field of the product. */
  mapping: Record<string, string>
  /** The identifier by which rows find their customer. */
  key: string | null
  options: ImportOptions
  format: ImportFormat
}

export interface Import {
  id: string
  kind: ImportKind
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  phase: string
  dry_run: boolean
  file_name: string
  rows_total: number | null
  rows_read: number
  rows_ok: number
  rows_failed: number
  rows_skipped: number
  rows_anonymous: number
  /** Customers. */
  created: number
  updated: number
  orders: number
  refunds: number
  bytes_done: number
  bytes_total: number
  created_at: string
  started_at: string | null
  finished_at: string | null
  rows_per_s: number | null
  eta_s: number | null
  error: string | null
  mapping: Record<string, string>
  key: string
}

// ── letters ─────────────────────────────────────────────────────────────────────────────────

export type LetterKind = 'mjml' | 'html'

export interface Letter {
  id: string
  name: string
  kind: LetterKind
  subject: string
  preheader: string
  source: string
  /** Empty: the plain part is made from the HTML. */
  text: string
  version: number
  updated_at: string
  created_at: string
  used_by: Reference[]
}

/** A line of the list: everything but the texts. */
export type LetterItem = Omit<Letter, 'source' | 'text'>

/** A ready letter to begin with. */
export interface Starter {
  key: string
  lang: Lang
  name: string
  kind: LetterKind
  subject: string
  preheader: string
  source: string
  text: string
}

export interface TrialResult {
  address: string
  accepted: boolean
  /** The answer of the mail server. */
  text: string
}

export type LetterInput = Pick<Letter, 'name' | 'kind' | 'subject' | 'preheader' | 'source' | 'text'>

export interface LetterPreview {
  html: string
  text: string
  subject: string
  preheader: string
  problems: LetterProblem[]
  size_bytes: number
}

export interface LetterProblem {
  level: 'error' | 'warning'
  code: string
  message: string
  line: number | null
  part: string
}

// ── mailings (campaigns) ────────────────────────────────────────────────────────────────────

export type CampaignState =
  | 'draft'
  | 'scheduled'
  | 'preparing'
  | 'running'
  | 'paused'
  | 'finished'
  | 'cancelled'

export interface Variant {
  key: string
  name: string
  letter_id: string | null
  share: number
}

export interface Goal {
  event: string
  filters: PropertyFilter[]
  window_hours: number
  revenue_property: string | null
}


export interface Campaign {
  id: string
  name: string
  state: CampaignState
  audience: { segment_ids: string[]; exclude_segment_ids: string[] }
  topic_id: string | null
  sender_id: string | null
  variants: Variant[]
  /** Per cent of the audience that receives nothing, 0–90. */
  control_share: number
  goal: Goal | null
  schedule: { kind: 'now' | 'at'; at: string | null }
  rate_per_s: number | null
  /** Grows with every change; a change on top of a newer one is refused. */
  version: number
  /** Why a scheduled launch did not happen. */
  problem: string | null
  created_at: string
  updated_at: string
  launched_at: string | null
  finished_at: string | null
  counts: CampaignCounts
}

export interface CampaignCounts {
  total: number
  pending: number
  sent: number
  bounced: number
  failed: number
  skipped: number
  in_doubt: number
  control: number
}

export type CampaignInput = Pick<
  Campaign,
  | 'name'
  | 'audience'
  | 'topic_id'
  | 'sender_id'
  | 'variants'
  | 'control_share'
  | 'goal'
  | 'schedule'
  | 'rate_per_s'
>

export interface Audience {
  total: number
  exclusions: { id: string; name: string; removed: number }[]
  skips: { reason: string; text?: string; count: number }[]
  remaining: number
  arms: { key: string; name: string; share: number; count: number }[]
  took_ms: number
}

export interface Check {
  code: string
  level: 'block' | 'warn' | 'ok'
  message: string
  section: string
  variant?: string | null
  line?: number | null
}

export interface Progress {
  state: CampaignState | 'stopping'
  /** Everybody of the audience, the control group included. */
  total: number
  /** How many of them the preparation has passed. */
  prepared: number
  pending: number
  sending: number
  sent: number
  bounced: number
  failed: number
  skipped: number
  in_doubt: number
  control: number
  rate_per_s: number
  eta_s: number | null
  by_reason: { state: string; reason: string; text?: string; count: number }[]
  /** What keeps the mailing from moving, in the words of the relay. */
  trouble: string | null
  trouble_at: string | null
}

export interface Recipient {
  message_id: number
  profile_id: number
  variant: string
  address: string
  state: string
  reason: string
  reason_text: string
  answer: string
  attempts: number
  next_at: string | null
  at: string | null
}

// ── report ──────────────────────────────────────────────────────────────────────────────────

export interface ReportArm {
  key: string
  name: string
  is_control: boolean
  assigned: number
  skipped: number
  sent: number
  delivered: number
  bounced: number
  failed: number
  in_doubt: number
  opened_person: number
  opened_machine: number
  clicked_person: number
  clicked_machine: number
  unsubscribed: number
  complained: number
  /** People who did the target action inside the window. */
  targets: number
  target_events: number
  revenue: number
  rates: Record<string, number>
}

export type Metric = 'targets' | 'revenue_per_person' | 'opens' | 'clicks'

export interface Comparison {
  arm: string
  against: string
  metric: Metric
  difference: number
  lift: number | null
  /** Low and high end, 95 per cent. */
  interval: number[]
  lift_interval: number[] | null
  /** Adjusted for the number of comparisons of this figure. */
  p_value: number
  significant: boolean
  power: number | null
  detectable_lift: number | null
  method: string
}

export interface Report {
  campaign: {
    id: string
    name: string
    goal: Goal | null
    launched_at: string | null
    currency: string | null
  }
  as_of: string
  window_ends_at: string | null
  complete: boolean
  arms: ReportArm[]
  comparisons: Comparison[]
  sample_ratio: {
    p_value: number
    ok: boolean
    observed: Record<string, number>
    expected: Record<string, number>
  } | null
  verdict: { code: string; text: string }
  series: { at: string; arm: string; targets: number; opens: number; clicks: number }[]
  links: { url: string; clicks_person: number; clicks_machine: number }[]
}

// ── senders, topics, caught mail ────────────────────────────────────────────────────────────

export interface Sender {
  id: string
  name: string
  email: string
  domain: string
  reply_to: string | null
  dkim_selector: string
  dkim_record_name: string
  dkim_record: string
  is_default: boolean
  health: CheckHealth
  checked_at: string | null
  created_at: string
}

export type CheckHealth = 'ok' | 'warn' | 'fail' | 'unknown'

export interface SenderCheck {
  kind: 'spf' | 'dkim' | 'dmarc' | 'mx'
  level: 'ok' | 'warn' | 'block'
  code: string
  message: string
  record_name: string
  /** The record to publish, where there is one to name. */
  record_value: string | null
  /** The records that are there now, one a line. */
  found: string | null
}

export interface Topic {
  id: string
  name: string
  description: string
  parent_id: string | null
  archived: boolean
  created_at: string
}

/** What the workspace asks for before a letter may go. */
export interface ConsentPolicy {
  email_needs_consent: boolean
}

export interface CaughtLetterRow {
  id: number
  at: string
  from: string
  to: string
  subject: string
  size_bytes: number
}

export interface CaughtLetter extends CaughtLetterRow {
  headers: string[][]
  html: string
  text: string
  source: string
}
