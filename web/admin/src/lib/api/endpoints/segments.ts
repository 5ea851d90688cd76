import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { VisitField } from '../../rules/types'
import type { Segment } from '../types'

const first = undefined as string | undefined
const next = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined

export interface SegmentFilter {
  search?: string
  kind?: Segment['kind']
  folder_id?: string
  archived?: boolean
  sort?: 'created' | 'name' | 'size' | 'computed'
}

export const segmentsQuery = (filter: SegmentFilter = {}) =>
  infiniteQueryOptions({
    queryKey: ['segments', 'list', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/segments', {
          params: { query: { cursor: pageParam, limit: 100, ...filter } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const foldersQuery = queryOptions({
  queryKey: ['segments', 'folders'],
  queryFn: () => body(api.GET('/api/v1/segments/folders')),
})
export const createFolder = (name: string) =>
  body(api.POST('/api/v1/segments/folders', { body: { name } }))
export const renameFolder = (id: string, name: string) =>
  body(
    api.PATCH('/api/v1/segments/folders/{folder_id}', {
      params: { path: { folder_id: id } },
      body: { name },
    }),
  )
export const deleteFolder = (id: string) =>
  body(api.DELETE('/api/v1/segments/folders/{folder_id}', { params: { path: { folder_id: id } } }))

export const templatesQuery = queryOptions({
  queryKey: ['segments', 'templates'],
  queryFn: () => body(api.GET('/api/v1/segments/templates')),
  staleTime: Infinity,
})

/** Every segment, for choosing one in a form. */
export const segmentChoicesQuery = queryOptions({
  queryKey: ['segments', 'choices'],
  queryFn: async () =>
    (await body(api.GET('/api/v1/segments', { params: { query: { limit: 200 } } }))).items,
})

export const segmentQuery = (id: string) =>
  queryOptions({
    queryKey: ['segments', id],
    queryFn: () => body(api.GET('/api/v1/segments/{segment_id}', { params: { path: { segment_id: id } } })),
  })

export const segmentMembersQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['segments', id, 'members'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/segments/{segment_id}/members', {
          params: { path: { segment_id: id }, query: { cursor: pageParam, limit: 20 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const segmentHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ['segments', id, 'history'],
    queryFn: () => body(api.GET('/api/v1/segments/{segment_id}/history', { params: { path: { segment_id: id } } })),
  })

/** The size of a definition that is not saved yet; the last figure stays while the next is counted. */
export const segmentPreviewQuery = (definition: unknown, enabled: boolean) =>
  queryOptions({
    queryKey: ['segments', 'preview', definition],
    queryFn: ({ signal }) =>
      body(api.POST('/api/v1/segments/preview', { body: { definition }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    enabled,
    retry: false,
  })

export const segmentTextQuery = (definition: unknown, enabled: boolean) =>
  queryOptions({
    queryKey: ['segments', 'describe', definition],
    queryFn: ({ signal }) =>
      body(api.POST('/api/v1/segments/describe', { body: { definition }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    enabled,
    retry: false,
  })

export const createSegment = (segment: {
  name: string
  description: string
  kind: Segment['kind']
  definition: unknown
  profile_ids?: number[]
  folder_id?: string | null
}) => body(api.POST('/api/v1/segments', { body: segment }))
export const updateSegment = (
  id: string,
  change: {
    name?: string
    description?: string
    definition?: unknown
    folder_id?: string | null
    archived?: boolean
  },
) => body(api.PATCH('/api/v1/segments/{segment_id}', { params: { path: { segment_id: id } }, body: change }))
export const deleteSegment = (id: string) =>
  body(api.DELETE('/api/v1/segments/{segment_id}', { params: { path: { segment_id: id } } }))
export const refreshSegment = (id: string) =>
  body(api.POST('/api/v1/segments/{segment_id}/refresh', { params: { path: { segment_id: id } } }))
export const changeMembers = (id: string, change: { add: number[]; remove: number[] }) =>
  body(api.PUT('/api/v1/segments/{segment_id}/members', { params: { path: { segment_id: id } }, body: change }))

export const addListed = (
  id: string,
  people: { text: string; kind: 'auto' | 'email' | 'phone' | 'user_id' | 'profile_id' },
) =>
  body(
    api.POST('/api/v1/segments/{segment_id}/members/listed', {
      params: { path: { segment_id: id } },
      body: people,
    }),
  )
export const freezeSegment = (id: string, moment: { at: string; name: string }) =>
  body(
    api.POST('/api/v1/segments/{segment_id}/frozen', {
      params: { path: { segment_id: id } },
      body: moment,
    }),
  )

/** Suggestions for fields that are neither traits nor properties. */
export const fieldValuesQuery = (
  of: VisitField | 'product' | 'category' | 'vendor' | 'viewed_vendor' | 'domain' | 'link',
  prefix: string,
) =>
  queryOptions({
    queryKey: ['schema', 'values', of, prefix],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/schema/values', {
          params: { query: { of, ...(prefix && { prefix }) } },
          signal,
        }),
      ),
    staleTime: 60_000,
  })
export const campaignChoicesQuery = (search: string) =>
  queryOptions({
    queryKey: ['schema', 'campaigns', search],
    queryFn: () =>
      body(
        api.GET('/api/v1/schema/campaigns', {
          params: { query: { limit: 50, ...(search && { search }) } },
        }),
      ),
    staleTime: 60_000,
  })

export const schemaQuery = queryOptions({
  queryKey: ['schema'],
  queryFn: () => body(api.GET('/api/v1/schema')),
  staleTime: 60_000,
})
export const traitValuesQuery = (name: string, prefix: string) =>
  queryOptions({
    queryKey: ['schema', 'trait', name, prefix],
    queryFn: () =>
      body(
        api.GET('/api/v1/schema/traits/values', {
          params: { query: { name, ...(prefix && { prefix }) } },
        }),
      ),
    staleTime: 60_000,
    enabled: name !== '',
  })
export const propertyValuesQuery = (name: string, path: string, prefix: string) =>
  queryOptions({
    queryKey: ['schema', 'property', name, path, prefix],
    queryFn: () =>
      body(
        api.GET('/api/v1/schema/events/values', {
          params: { query: { name, path, ...(prefix && { prefix }) } },
        }),
      ),
    staleTime: 60_000,
    enabled: name !== '' && path !== '',
  })

/** Why a person is in or out, by conditions that need not be saved. */
export const definitionExplanationQuery = (definition: unknown, profile_id: number | null, enabled: boolean) =>
  queryOptions({
    queryKey: ['segments', 'explain', definition, profile_id],
    queryFn: ({ signal }) =>
      body(
        api.POST('/api/v1/segments/explain', {
          body: { definition, profile_id: profile_id ?? 0 },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    enabled: enabled && profile_id !== null,
    retry: false,
  })
