/** The routes of the REST API in the form that openapi-fetch reads. */

import type * as T from './types'

type Json<Body> = { content: { 'application/json': Body } }

interface Read<Result, Query extends object = object> {
  parameters: { query?: Query; path?: never; header?: never; cookie?: never }
  requestBody?: never
  responses: { 200: Json<Result> }
}
type ReadOne<Result, Key extends string | number = string, Query extends object = object> = Omit<
  Read<Result>,
  'parameters'
> & { parameters: { query?: Query; path: { id: Key }; header?: never; cookie?: never } }
type Write<Result, Body = undefined> = Omit<Read<Result>, 'requestBody'> & {
  requestBody: Json<Body>
}
type WriteOne<Result, Body = undefined, Key extends string | number = string> = Omit<
  ReadOne<Result, Key>,
  'requestBody'
> & (Body extends undefined ? { requestBody?: never } : { requestBody: Json<Body> })

type Cursor = { cursor?: string; limit?: number }
type Done = void

export interface paths {
  '/api/v1/session': { post: Write<T.Me, { email: string; password: string }>; delete: Read<Done> }
  '/api/v1/me': { get: Read<T.Me>; patch: Write<T.Me, { name?: string; lang?: T.Lang }> }
  '/api/v1/me/password': { put: Write<Done, { current: string; new: string }> }
  '/api/v1/me/workspace': { put: Write<Done, { workspace_id: number }> }

  '/api/v1/workspace': {
    get: Read<T.Workspace>
    patch: Write<T.Workspace, Partial<Omit<T.Workspace, 'id'>>>
  }
  '/api/v1/keys': {
    get: Read<T.ApiKey[]>
    post: Write<T.CreatedApiKey, { name: string; kind: T.ApiKey['kind'] }>
  }
  '/api/v1/keys/{id}': { delete: WriteOne<Done> }
  '/api/v1/users': {
    get: Read<T.User[]>
    post: Write<T.User, { name: string; email: string; role: T.Role; password: string }>
  }
  '/api/v1/users/{id}': { patch: WriteOne<T.User, { role: T.Role }>; delete: WriteOne<Done> }
  '/api/v1/audit': { get: Read<T.Page<T.AuditEntry>, Cursor> }
  '/api/v1/senders': {
    get: Read<T.Sender[]>
    post: Write<T.Sender, { name: string; email: string; reply_to: string | null }>
  }
  '/api/v1/senders/{id}': {
    patch: WriteOne<T.Sender, { name?: string; reply_to?: string | null; is_default?: true }>
    delete: WriteOne<Done>
  }
  '/api/v1/senders/{id}/checks': { get: ReadOne<T.SenderCheck[]> }
  '/api/v1/topics': {
    get: Read<T.Topic[]>
    post: Write<T.Topic, { name: string; description: string }>
  }
  '/api/v1/topics/{id}': {
    patch: WriteOne<T.Topic, { name?: string; description?: string; archived?: boolean }>
  }

  '/api/v1/consent-policy': {
    get: Read<T.ConsentPolicy>
    patch: Write<T.ConsentPolicy, T.ConsentPolicy>
  }

  '/api/v1/home': { get: Read<T.Home> }

  '/api/v1/profiles': {
    get: Read<T.Page<T.ProfileRow>, Cursor & { search?: string; segment_id?: string }>
  }
  '/api/v1/profiles/{id}': {
    get: ReadOne<T.ProfileCard, number>
    patch: WriteOne<T.ProfileCard, { traits: Record<string, T.TraitValue> }, number>
  }
  '/api/v1/profiles/{id}/events': { get: ReadOne<T.Page<T.EventRow>, number, Cursor> }
  '/api/v1/profiles/{id}/messages': { get: ReadOne<T.Page<T.ProfileMessage>, number, Cursor> }
  '/api/v1/profiles/{id}/orders': { get: ReadOne<T.Page<T.Order>, number, Cursor> }
  '/api/v1/profiles/{id}/consents': {
    get: ReadOne<T.Page<T.ConsentEntry>, number, Cursor>
    post: WriteOne<Done, T.ConsentInput, number>
  }
  '/api/v1/profiles/{id}/merges': {
    get: ReadOne<T.Merge[], number>
    post: WriteOne<T.Merge, { from_id: number }, number>
  }
  '/api/v1/profiles/{id}/merges/{merge_id}': {
    delete: Omit<Read<Done>, 'parameters'> & {
      parameters: { query?: never; path: { id: number; merge_id: string } }
    }
  }

  '/api/v1/events': { get: Read<T.Page<T.EventRow>, Cursor & { name?: string }> }
  '/api/v1/events/names': { get: Read<T.EventName[]> }
  '/api/v1/events/series': { get: Read<T.EventSeries, { name?: string; days?: number }> }
  '/api/v1/rejects': { get: Read<T.Page<T.Reject>, Cursor & { code?: string }> }

  '/api/v1/schema': { get: Read<T.Schema> }
  '/api/v1/schema/traits/values': { get: Read<T.ValueCount[], { name: string; prefix?: string }> }
  '/api/v1/schema/events/values': {
    get: Read<T.ValueCount[], { name: string; path: string; prefix?: string }>
  }

  '/api/v1/segments': {
    get: Read<T.Page<T.Segment>, Cursor & { search?: string }>
    post: Write<
      T.Segment,
      { name: string; description: string; kind: T.Segment['kind']; definition: unknown }
    >
  }
  '/api/v1/segments/preview': { post: Write<T.SegmentCount, { definition: unknown }> }
  '/api/v1/segments/describe': { post: Write<T.SegmentText, { definition: unknown }> }
  '/api/v1/segments/{id}': {
    get: ReadOne<T.Segment>
    patch: WriteOne<T.Segment, { name?: string; description?: string; definition?: unknown }>
    delete: WriteOne<Done>
  }
  '/api/v1/segments/{id}/refresh': { post: WriteOne<T.Segment> }
  '/api/v1/segments/{id}/members': {
    get: ReadOne<T.Page<T.ProfileRow>, string, Cursor>
    put: WriteOne<T.Segment, { add: number[]; remove: number[] }>
  }
  '/api/v1/segments/{id}/explanation': {
    get: ReadOne<T.SegmentExplanation, string, { profile_id: number }>
  }
  '/api/v1/segments/{id}/history': { get: ReadOne<{ at: string; size: number }[]> }

  '/api/v1/imports': { get: Read<T.Page<T.Import>, Cursor>; post: Write<T.Import, T.ImportRequest & { dry_run: boolean }> }
  '/api/v1/imports/preview': { post: Write<T.ImportFile, Partial<T.ImportRequest>> }
  '/api/v1/imports/{id}': { get: ReadOne<T.Import> }
  '/api/v1/imports/{id}/cancellation': { put: WriteOne<T.Import> }

  '/api/v1/letters': {
    get: Read<T.Page<T.LetterItem>, Cursor & { search?: string }>
    post: Write<T.Letter, T.LetterInput>
  }
  '/api/v1/letters/starters': { get: Read<T.Starter[]> }
  '/api/v1/letters/preview': {
    post: Write<T.LetterPreview, Omit<T.LetterInput, 'name'> & { profile_id: number | null }>
  }
  '/api/v1/letters/{id}': {
    get: ReadOne<T.Letter>
    patch: WriteOne<T.Letter, Partial<T.LetterInput>>
    delete: WriteOne<Done>
  }
  '/api/v1/letters/{id}/test': {
    post: WriteOne<T.TrialResult[], { addresses: string[]; profile_id: number | null }>
  }

  '/api/v1/campaigns': {
    get: Read<T.Page<T.Campaign>, Cursor & { search?: string; state?: string }>
    post: Write<T.Campaign, T.CampaignInput>
  }
  '/api/v1/campaigns/{id}': {
    get: ReadOne<T.Campaign>
    patch: WriteOne<T.Campaign, Partial<T.CampaignInput> & { version?: number }>
    delete: WriteOne<Done>
  }
  '/api/v1/campaigns/{id}/duplicate': { post: WriteOne<T.Campaign> }
  '/api/v1/campaigns/{id}/audience': { get: ReadOne<T.Audience> }
  '/api/v1/campaigns/{id}/checks': { get: ReadOne<T.Check[]> }
  '/api/v1/campaigns/{id}/launch': { put: WriteOne<T.Campaign, { confirm_count: number }> }
  '/api/v1/campaigns/{id}/pause': { put: WriteOne<T.Campaign>; delete: WriteOne<T.Campaign> }
  '/api/v1/campaigns/{id}/finish': { put: WriteOne<T.Campaign> }
  '/api/v1/campaigns/{id}/progress': { get: ReadOne<T.Progress> }
  '/api/v1/campaigns/{id}/recipients': {
    get: ReadOne<
      T.Page<T.Recipient>,
      string,
      Cursor & { state?: string; reason?: string; variant?: string }
    >
  }
  '/api/v1/campaigns/{id}/report': { get: ReadOne<T.Report> }

  '/api/v1/catcher/letters': {
    get: Read<T.Page<T.CaughtLetterRow>, Cursor & { search?: string }>
    delete: Read<Done>
  }
  '/api/v1/catcher/letters/{id}': { get: ReadOne<T.CaughtLetter, number> }
}
