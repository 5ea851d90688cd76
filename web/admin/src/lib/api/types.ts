/**
 * The words of the interface for the shapes of the REST API. Every shape is made from the
 * program's OpenAPI document by `ui.py api`; nothing is described here a second time.
 *
 * Times are ISO 8601 in UTC. Money is a decimal number in the workspace's currency. Shares of an
 * audience are per cent; rates, lifts and intervals are fractions (0.05 = five per cent).
 */

import type { components } from './schema'

type Shapes = components['schemas']

/** An answer holds every field: a default lets a field be left out only on the way in. */
export type Whole<T> = T extends (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [K in keyof T]-?: Whole<T[K]> }
    : T
type Answer<Name extends keyof Shapes> = Whole<Shapes[Name]>

// ── accounts ────────────────────────────────────────────────────────────────────────────────

type Principal = Answer<'Me'>
/** Who is signed in. Only an API key has neither a user nor a token, and no browser holds one. */
export type Me = Principal & { [K in 'user' | 'csrf_token']: NonNullable<Principal[K]> }
export type Lang = Principal['workspace']['lang']
export type Role = Answer<'Role'>
export type Permission = Answer<'Permission'>
export type Workspace = Answer<'WorkspaceView'>
export type User = Answer<'UserView'>
export type ApiKey = Answer<'ApiKey'>
export type AuditEntry = Answer<'AuditEntry'>

// ── home ────────────────────────────────────────────────────────────────────────────────────

export type Home = Answer<'Home'>
export type AttentionItem = Answer<'Attention'>
export type PulseDay = Answer<'PulseDay'>

// ── profiles ────────────────────────────────────────────────────────────────────────────────

export type ProfileRow = Answer<'ProfileItem'>
export type ProfileCard = Answer<'CardView'>
export type ConsentState = Answer<'CardConsent'>
export type ConsentInput = Shapes['NewConsent']
export type Order = Answer<'Order'>
export type IdentityRules = Answer<'IdentityRules'>

// ── events ──────────────────────────────────────────────────────────────────────────────────

export type EventRow = Answer<'EventRow'>
export type EventName = Answer<'EventNameView'>
export type ValueCount = Answer<'ValueCount'>

// ── segments ────────────────────────────────────────────────────────────────────────────────

export type Segment = Answer<'Segment'>
export type Definition = Shapes['DefinitionInput']['definition']
/** One condition held against one customer; groups hold the answers of their parts. */
export type Explanation = Answer<'Explanation'>

// ── imports ─────────────────────────────────────────────────────────────────────────────────

export type ImportKind = Answer<'ImportKind'>
export type ImportOptions = Shapes['ImportOptions']
export type DeclaredConsent = Shapes['DeclaredConsent']
export type ImportFormat = Shapes['FormatChoices']
/** A file as it was recognised, with its first rows as they would be stored. */
export type ImportFile = Answer<'FileView'>
export type ImportRequest = Required<Omit<Shapes['NewImport'], 'dry_run'>>
export type Import = Answer<'ImportView'>

// ── letters ─────────────────────────────────────────────────────────────────────────────────

export type Letter = Answer<'LetterView'>
/** A line of the list: everything but the texts. */
export type LetterItem = Answer<'LetterItem'>
export type LetterInput = Required<Shapes['NewLetter']>
export type LetterPreview = Answer<'PreviewView'>
export type LetterProblem = Answer<'ProblemView'>
/** A ready letter to begin with. */
export type Starter = Answer<'Starter'>

// ── mailings (campaigns) ────────────────────────────────────────────────────────────────────

export type Campaign = Answer<'Campaign'>
export type CampaignState = Answer<'CampaignState'>
export type CampaignInput = Whole<Shapes['NewCampaign']>
export type Variant = Answer<'CampaignVariant'>
export type Goal = Answer<'Goal'>
export type Audience = Answer<'AudienceView'>
export type Check = Answer<'Check'>
export type Progress = Answer<'Progress'>
export type Recipient = Answer<'Recipient'>

// ── report ──────────────────────────────────────────────────────────────────────────────────

export type Report = Answer<'Report'>
export type ReportArm = Answer<'ReportArm'>
export type Comparison = Answer<'ReportComparison'>
export type Metric = Comparison['metric']

// ── senders, permission, caught mail ────────────────────────────────────────────────────────

export type Sender = Answer<'Sender'>
export type Topic = Answer<'Topic'>
export type ConsentText = Answer<'ConsentText'>
export type Suppression = Answer<'Suppression'>
export type SuppressionReason = Answer<'SuppressionReason'>
export type CaughtLetterRow = Answer<'CaughtItem'>
