import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { IdentityRules, PeopleRun, TimelineKind } from '../types'

const first = undefined as string | undefined
const next = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined

/** While a run is open it is asked after every two seconds. */
const whileOpen = (...runs: (PeopleRun | null | undefined)[]) =>
  runs.some((run) => run?.state === 'queued' || run?.state === 'running') ? 2_000 : (false as const)

// ── rules of identity ───────────────────────────────────────────────────────────────────────

export const rulesConsequencesQuery = (rules: IdentityRules | null) =>
  queryOptions({
    queryKey: ['identity-rules', 'preview', rules],
    queryFn: () => body(api.POST('/api/v1/identity-rules/preview', { body: rules as IdentityRules })),
    enabled: rules !== null,
    gcTime: 0,
  })

export const ownKindsQuery = queryOptions({
  queryKey: ['identity-rules', 'kinds'],
  queryFn: () => body(api.GET('/api/v1/identity-rules/kinds')),
})

export const rulesApplicationQuery = queryOptions({
  queryKey: ['identity-rules', 'application'],
  queryFn: () => body(api.GET('/api/v1/identity-rules/application')),
  refetchInterval: (query) => whileOpen(query.state.data?.run),
})

export const applyRulesAgain = () => body(api.POST('/api/v1/identity-rules/application'))

// ── duplicates ──────────────────────────────────────────────────────────────────────────────

export interface DuplicatesFilter {
  least?: number
  profile_id?: number
  refused?: boolean
}

export const duplicatesQuery = (filter: DuplicatesFilter) =>
  infiniteQueryOptions({
    queryKey: ['duplicates', 'list', filter],
    queryFn: ({ pageParam }) =>
      body(api.GET('/api/v1/duplicates', { params: { query: { ...filter, cursor: pageParam, limit: 50 } } })),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const duplicatesStateQuery = queryOptions({
  queryKey: ['duplicates', 'state'],
  queryFn: () => body(api.GET('/api/v1/duplicates/state')),
  refetchInterval: (query) => whileOpen(query.state.data?.search, query.state.data?.merging),
})

export const mergesPreviewQuery = (least: number | null) =>
  queryOptions({
    queryKey: ['duplicates', 'merges', least],
    queryFn: () => body(api.GET('/api/v1/duplicates/merges/preview', { params: { query: { least: least ?? 1 } } })),
    enabled: least !== null,
    placeholderData: keepPreviousData,
    gcTime: 0,
  })

export const searchDuplicates = () => body(api.POST('/api/v1/duplicates/searches'))
export const refuseDuplicate = (left_id: number, right_id: number) =>
  body(api.POST('/api/v1/duplicates/refusals', { body: { left_id, right_id } }))
export const takeBackRefusal = (left_id: number, right_id: number) =>
  body(api.DELETE('/api/v1/duplicates/refusals', { params: { query: { left_id, right_id } } }))
export const mergeDuplicates = (least: number, people: number) =>
  body(api.POST('/api/v1/duplicates/merges', { body: { least, people } }))

// ── the card ────────────────────────────────────────────────────────────────────────────────

export interface TimelineFilter {
  kinds?: TimelineKind[]
  names?: string[]
  since?: string
  until?: string
}

export const timelineQuery = (id: number, filter: TimelineFilter) =>
  infiniteQueryOptions({
    queryKey: ['profiles', id, 'timeline', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/profiles/{profile_id}/timeline', {
          params: { path: { profile_id: id }, query: { ...filter, cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
    placeholderData: keepPreviousData,
  })

export const notesQuery = (id: number) =>
  queryOptions({
    queryKey: ['profiles', id, 'notes'],
    queryFn: () => body(api.GET('/api/v1/profiles/{profile_id}/notes', { params: { path: { profile_id: id } } })),
  })
export const addNote = (id: number, text: string) =>
  body(api.POST('/api/v1/profiles/{profile_id}/notes', { params: { path: { profile_id: id } }, body: { text } }))
export const changeNote = (id: number, note_id: string, text: string) =>
  body(
    api.PATCH('/api/v1/profiles/{profile_id}/notes/{note_id}', {
      params: { path: { profile_id: id, note_id } },
      body: { text },
    }),
  )
export const deleteNote = (id: number, note_id: string) =>
  body(
    api.DELETE('/api/v1/profiles/{profile_id}/notes/{note_id}', { params: { path: { profile_id: id, note_id } } }),
  )

export const traitEditsQuery = (id: number) =>
  queryOptions({
    queryKey: ['profiles', id, 'edits'],
    queryFn: () => body(api.GET('/api/v1/profiles/{profile_id}/edits', { params: { path: { profile_id: id } } })),
  })

export const profileSegmentsQuery = (id: number) =>
  queryOptions({
    queryKey: ['profiles', id, 'segments'],
    queryFn: () => body(api.GET('/api/v1/profiles/{profile_id}/segments', { params: { path: { profile_id: id } } })),
  })
