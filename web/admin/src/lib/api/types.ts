/**
 * The words of the interface for the shapes of the REST API. Every shape is made from the
 * program's OpenAPI document by `ui.py api`; nothing is described here a second time.
 *
 * Times are ISO 8601 in UTC. Money is a decimal number in the workspace's currency. Shares of an
 * audience are per cent; rates, lifts and intervals are fractions (0.05 = five per cent).
 */

import type { components, operations } from './schema'

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
export type ConsentInput = Shapes['NewConsent']
export type Order = Answer<'Order'>
export type IdentityRules = Answer<'IdentityRules'>
/** What other rules of identity would change for people known already. */
export type RulesConsequences = Answer<'Consequences'>
/** Long work on people: rules being applied, a search for duplicates, merges of many. */
export type PeopleRun = Answer<'PeopleRun'>
export type DuplicatePair = Answer<'DuplicatePair'>
export type DuplicatesState = Answer<'DuplicatesState'>
export type DuplicateEvidence = Answer<'DuplicateEvidence'>
export type TimelineItem = Answer<'TimelineItem'>
export type TimelineKind = Answer<'TimelineKind'>
export type ProfileNote = Answer<'ProfileNote'>
export type TraitEdit = Answer<'TraitEdit'>

// ── returned mail ───────────────────────────────────────────────────────────────────────────

export type ReturnedMailItem = Answer<'ReturnedMailItem'>
export type ReturnedMailCard = Answer<'ReturnedMailCard'>
export type ReturnKind = Answer<'ReturnKind'>
export type ReturnVerdict = Answer<'ReturnVerdict'>
export type ReturnConsequence = Answer<'Consequence'>
export type ReturnMailbox = Answer<'ReturnMailbox'>
export type ReturnServer = Answer<'ReturnServer'>
export type ReturnServerFinding = Answer<'ReturnServerFinding'>
export type ReportHook = Answer<'ReportHook'>
export type ReportProvider = Answer<'Provider'>

// ── events ──────────────────────────────────────────────────────────────────────────────────

export type EventRow = Answer<'EventRow'>
export type EventName = Answer<'EventNameView'>
export type ValueCount = Answer<'ValueCount'>

// ── catalogue ───────────────────────────────────────────────────────────────────────────────

export type OrderStatus = Answer<'OrderStatus'>
export type OrderField = Answer<'OrderField'>
export type OrderFieldChoice = Answer<'FieldChoice'>
export type OrderFieldInput = Shapes['NewOrderField']
/** Something that orders say and no field takes yet. */
export type FoundField = Answer<'FoundField'>
/** A status as shops write it, and what it means. */
export type StatusWord = Answer<'OrderStatusWord'>
export type ProductRow = Answer<'ProductRow'>
export type Product = Answer<'Product'>
export type ProductFact = Answer<'ProductFact'>
export type ProductCategory = Answer<'ProductCategory'>
export type FeedReport = Answer<'FeedReport'>
export type FeedRemark = Answer<'FeedRemark'>
/** A loading; its report is kept as it was written. */
export type FeedRun = Omit<Answer<'FeedRun'>, 'report'> & { report: FeedReport | null }
export type Feed = Omit<Answer<'Feed'>, 'last_run'> & { last_run: FeedRun | null }
export type FeedUpload = Answer<'FeedUpload'>
export type FeedInput = Shapes['NewFeed']
export type FeedChange = Shapes['FeedChange']
export interface ProductsAsked {
  search?: string
  category_id?: string
  vendor?: string
  availability?: 'listed' | 'available' | 'unavailable' | 'gone'
  price_min?: number
  price_max?: number
  order?: 'name' | 'cheap' | 'dear' | 'new'
}

// ── computed traits ─────────────────────────────────────────────────────────────────────────

export type ComputedTrait = Answer<'ComputedTrait'>
export type ComputedRun = Answer<'ComputedRun'>
export type ComputedPreview = Answer<'ComputedPreview'>
/** A value and the facts behind it. */
export type ComputedWhy = Answer<'ComputedWhy'>
export type RfmGrid = Answer<'RfmGrid'>

// ── segments ────────────────────────────────────────────────────────────────────────────────

export type Segment = Answer<'Segment'>
export type Definition = Shapes['DefinitionInput']['definition']
/** One condition held against one customer; groups hold the answers of their parts. */
export type Explanation = Answer<'Explanation'>
export type SegmentExplanation = Answer<'SegmentExplanation'>
export type DayOfChanges = Answer<'DayOfChanges'>
export type FlowChoice = Shapes['FlowChoice']
export type FlowPart = Shapes['FlowPart']
export type OverlapChoice = Shapes['OverlapChoice']
export type OverlapPart = Shapes['OverlapPart']
export type Region = Answer<'Region'>
export type SegmentCount = Answer<'SegmentCount'>
export type SegmentFolder = Answer<'Folder'>
export type SegmentTemplate = Answer<'Template'>

// ── imports ─────────────────────────────────────────────────────────────────────────────────

export type ImportKind = Answer<'ImportKind'>
export type ImportOptions = Shapes['ImportOptions']
export type DeclaredConsent = Shapes['DeclaredConsent']
export type ImportFormat = Shapes['FormatChoices']
/** A file as it was recognised, with its first rows as they would be stored. */
export type ImportFile = Answer<'FileView'>
export type ImportRequest = Required<Omit<Shapes['NewImport'], 'dry_run'>>
export type Import = Answer<'ImportView'>

// ── sources (incoming webhooks) ─────────────────────────────────────────────────────────────

export type HookSource = Answer<'HookSource'>
export type HookService = HookSource['service']
export type HookCheck = HookSource['check']
export type HookMapping = NonNullable<HookSource['mapping']>
export type HookCall = Answer<'HookCall'>
export type HookCallDetail = Answer<'HookCallDetail'>
/** One place of a call, with its value. */
export type HookField = Answer<'HookField'>
/** An event inside is a call of the event API: free JSON. */
export type HookPreview = Omit<Answer<'HookPreview'>, 'events'> & { events: Record<string, unknown>[] }

// ── exchange with 1C ────────────────────────────────────────────────────────────────────────

export type Exchange = Answer<'Exchange'>
export type NewExchange = Shapes['NewExchange']
export type ExchangeSession = Answer<'ExchangeSession'>

// ── letters ─────────────────────────────────────────────────────────────────────────────────

export type Letter = Answer<'LetterView'>
/** A line of the list: everything but the texts. */
export type LetterItem = Answer<'LetterItem'>
export type LetterVariable = Answer<'LetterVariable'>
export type LetterInput = Required<Shapes['NewLetter']>
export type LetterPreview = Answer<'PreviewView'>
export type LetterProblem = Answer<'ProblemView'>
/** A ready letter to begin with. */
export type Starter = Answer<'Starter'>
/** One row of a letter of blocks; what has a default may be left out. */
export type DocumentRow = Shapes['Row']
export type LetterStyle = Shapes['Style']
/** What all letters of blocks share. */
export interface BrandKit {
  style: LetterStyle
  logo: Required<Shapes['Logo']> | null
  social: Required<Shapes['SocialLink']>[]
  footer: Required<Shapes['Footer']>
}
/** A row kept for use in other letters. */
export type SavedBlock = Omit<Answer<'SavedRow'>, 'row'> & { row: DocumentRow }
export type SavedBlockInput = Shapes['SavedBlockContent']
export type Picture = Answer<'Picture'>
export type LinkStatus = Answer<'LinkStatus'>

// ── mailings (campaigns) ────────────────────────────────────────────────────────────────────

export type Campaign = Answer<'Campaign'>
export type CampaignState = Answer<'CampaignState'>
export type CampaignInput = Whole<Shapes['NewCampaign']>
export type Variant = Answer<'CampaignVariant'>
export type PlannedCampaign = Answer<'PlannedCampaign'>
export type SendingPolicy = Answer<'SendingPolicy'>
export type FrequencyLimit = Answer<'FrequencyLimit'>
export type QuietSpan = Answer<'QuietSpan'>
export type Holiday = Answer<'Holiday'>
export type Goal = Answer<'Goal'>
export type Forecast = Answer<'Forecast'>
export type Audience = Answer<'AudienceView'>
export type Check = Answer<'Check'>
export type CampaignTemplate = Answer<'CampaignTemplate'>
export type TemplateChanges = Shapes['TemplateChanges']
export type Progress = Answer<'Progress'>
export type Recipient = Answer<'Recipient'>

export type TrackingDomains = Answer<'TrackingDomains'>
export type TrackingDomain = Answer<'TrackingDomainView'>

// ── report ──────────────────────────────────────────────────────────────────────────────────

export type Report = Answer<'Report'>
export type ReportArm = Answer<'ReportArm'>
export type ReportParts = Answer<'ReportParts'>
export type ReportPart = Answer<'Part'>
/** The letters of one edition of a transactional letter. */
export type LetterFigures = Answer<'LetterFigures'>
export type ReportDimension = ReportParts['dimension']
/** Which people: those that a figure counts, of one group or of all. */
export type Behind = Omit<
  NonNullable<operations['campaign_report_behind']['parameters']['query']>,
  'cursor' | 'limit' | 'event' | 'window_hours' | 'revenue_property'
>
/** How a report is read: by another of the mailing's target actions, without the largest checks. */
export type ReportChoice = Pick<Behind, 'goal' | 'without_outliers' | 'part'>
export type GoalReport = Answer<'GoalReport'>
/** A count of the report that stands for people. */
export type ReportFigure = NonNullable<Behind['figure']>
export type PersonBehind = Answer<'PersonBehind'>
/** The letter of a variant with who followed what in it. */
export type ClickMap = Answer<'ClickMap'>
export type ClickPlace = Answer<'ClickPlace'>
/** Openings and clicks with one verdict for one reason. */
export type HitGroup = Answer<'HitGroup'>
export type MailingsReport = Answer<'MailingsReport'>
export type MailingsAsked = operations['mailings_report']['parameters']['query']
/** Everybody and several segments side by side. */
export type SegmentsReport = Answer<'SegmentsReport'>
export type MailingsBehind = Omit<operations['mailings_people']['parameters']['query'], 'cursor' | 'limit'>
export type MailingsFigure = MailingsBehind['figure']
export type MailingsPerson = Answer<'MailingsPerson'>
/** Figures of a period, a month, or one mailing. */
export type MailingsTotals = MailingsReport['totals']
export type MailingRow = MailingsReport['mailings'][number]
export type AttributionModel = MailingsReport['model']
export type Touch = MailingsReport['touch']
/** People of the global control group against the rest. */
export type GlobalControlReport = Answer<'GlobalControlReport'>
export type ControlSide = Answer<'ControlSide'>
export type ControlPerson = Answer<'ControlPerson'>
export type ControlAsked = NonNullable<operations['global_control_report']['parameters']['query']>
export type ControlBehind = Omit<
  NonNullable<operations['global_control_people']['parameters']['query']>,
  'cursor' | 'limit'
>
export type ControlFigure = NonNullable<ControlBehind['figure']>
/** One of several mailings side by side. */
export type ComparedMailing = Answer<'Compared'>
export type Comparison = Answer<'ReportComparison'>
export type Metric = Comparison['metric']

/** A letter that programs ask for by its key. */
export type Transactional = Answer<'Transactional'>
export type TransactionalInput = Shapes['NewTransactional']
export type TransactionalChanges = Shapes['TransactionalChanges']
/** One letter that was asked for, and what became of it. */
export type RequestedMessage = Answer<'RequestedMessage'>

// ── senders, permission, caught mail ────────────────────────────────────────────────────────

export type Sender = Answer<'Sender'>
export type DnsCheck = Answer<'DnsCheckView'>
/** A mail server that letters go through; without an id it is the installation's own. */
export type Relay = Answer<'Relay'>
export type RelayInput = Shapes['RelayForm']
export type RelayTrial = Answer<'RelayTrial'>
/** Where the letters of one sender go. */
export type SenderWay = Answer<'SenderWay'>
export type WarmupProgress = Answer<'WarmupProgress'>
export type WarmupInput = Shapes['WarmupPlan']
export type DomainWarmup = Answer<'DomainWarmup'>
export type ProviderPace = Answer<'ProviderPace'>
export type Topic = Answer<'Topic'>
export type ConsentText = Answer<'ConsentText'>
export type Suppression = Answer<'Suppression'>
export type SuppressionReason = Answer<'SuppressionReason'>
export type Purpose = Answer<'Purpose'>
export type ConsentItem = Answer<'ConsentItem'>
export type LedgerItem = Answer<'LedgerItem'>
export type PersonRequest = Answer<'PersonRequest'>
export type RequestKind = Answer<'RequestKind'>
export type RequestState = Answer<'RequestState'>
export type RequestTerm = Answer<'RequestTerm'>
export type Law = Answer<'Law'>
export type PersonExport = Answer<'PersonExport'>
export type Erasure = Answer<'Erasure'>
export type ErasureBasis = Answer<'Basis'>
export type CalendarDay = Answer<'CalendarDay'>
export type RetentionRule = Answer<'RetentionRule'>
export type RetentionRun = Answer<'RetentionRun'>
export type CaughtLetterRow = Answer<'CaughtItem'>

// ── exports and forwarding ──────────────────────────────────────────────────────────────────

export type ExportPlan = Shapes['ExportPlan']
export type ExportSubject = Shapes['Subject']
export type ExportFormat = Shapes['FileFormat']
/** One file: asked for by a button, or made by a schedule. */
export type FileExport = Answer<'ExportView'>
export type ExportColumn = Answer<'ExportColumn'>
export type ExportSchedule = Answer<'ScheduleView'>
export type ScheduleInput = Shapes['NewSchedule']
export type ExportDestination = Answer<'DestinationView'>
export type DestinationInput = Shapes['NewDestination']
export type Forwarding = Answer<'ForwardingView'>
export type ForwardingInput = Shapes['NewForwarding']
export type ForwardingChoice = Shapes['ForwardingChoice']
export type ChosenSegment = Shapes['ChosenSegment']
export type ForwardingAttempt = Answer<'AttemptView'>
export type DeadLetter = Answer<'DeadView'>
export type TrialAnswer = Answer<'TrialAnswer'>

// ── feeds of articles and regular mailings ──────────────────────────────────────────────────

export type ContentFeed = Answer<'ContentFeed'>
export type ContentFeedInput = Shapes['NewContentFeed']
export type ContentFeedChange = Shapes['ContentFeedChange']
export type ContentFeedCheck = Answer<'ContentFeedCheck'>
export type JsonFields = Answer<'JsonFields'>
export type FeedItem = Answer<'FeedItem'>
export type CategoryTopics = Answer<'CategoryTopics'>
export type RegularMailing = Answer<'RegularMailing'>
export type RegularInput = Shapes['NewRegular']
export type RegularChanges = Shapes['RegularChanges']
export type RegularPlan = Answer<'RegularPlan'>
export type RegularRun = Answer<'RegularRun'>
export type PlannedRun = Answer<'PlannedRun'>
