import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { LetterInput } from '../types'

export const lettersQuery = (search = '') =>
  infiniteQueryOptions({
    queryKey: ['letters', 'list', search],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/letters', {
          params: { query: { cursor: pageParam, limit: 100, ...(search ? { search } : {}) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
export const letterChoicesQuery = queryOptions({
  queryKey: ['letters', 'choices'],
  queryFn: async () =>
    (await body(api.GET('/api/v1/letters', { params: { query: { limit: 200 } } }))).items,
})
export const letterQuery = (id: string) =>
  queryOptions({
    queryKey: ['letters', id],
    queryFn: () => body(api.GET('/api/v1/letters/{letter_id}', { params: { path: { letter_id: id } } })),
  })
export const letterPreviewQuery = (letter: Omit<LetterInput, 'name'>, profile_id: number | null) =>
  queryOptions({
    queryKey: ['letters', 'preview', letter, profile_id],
    queryFn: ({ signal }) =>
      body(api.POST('/api/v1/letters/preview', { body: { ...letter, profile_id }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  })
/** The letter of several customers at once; `empty`: also of somebody of whom nothing is known. */
export const letterComparisonQuery = (letter: Omit<LetterInput, 'name'>, profile_ids: number[], empty: boolean) =>
  queryOptions({
    queryKey: ['letters', 'preview', letter, profile_ids, empty],
    queryFn: ({ signal }) =>
      body(api.POST('/api/v1/letters/preview', { body: { ...letter, profile_ids, empty }, signal })),
    placeholderData: keepPreviousData,
    enabled: profile_ids.length > 0 || empty,
    staleTime: 60_000,
    retry: false,
  })
/** What letters can name; with a customer, his values are the samples. */
export const letterVariablesQuery = (profile_id: number | null) =>
  queryOptions({
    queryKey: ['letters', 'variables', profile_id],
    queryFn: () =>
      body(
        api.GET('/api/v1/letters/variables', {
          params: { query: profile_id === null ? {} : { profile_id } },
        }),
      ),
    staleTime: 60_000,
  })
export const createLetter = (letter: LetterInput) =>
  body(api.POST('/api/v1/letters', { body: letter }))
/** `version`: of which the change was made; 409 letter_changed when it is not the last one. */
export const updateLetter = (id: string, change: Partial<LetterInput>, version: number) =>
  body(api.PATCH('/api/v1/letters/{letter_id}', { params: { path: { letter_id: id } }, body: { ...change, version } }))
export const deleteLetter = (id: string) =>
  body(api.DELETE('/api/v1/letters/{letter_id}', { params: { path: { letter_id: id } } }))
/** A new letter in code; the old one stays. There is no way back. */
export const convertLetter = (id: string, into: 'mjml' | 'html') =>
  body(api.POST('/api/v1/letters/{letter_id}/convert', { params: { path: { letter_id: id } }, body: { into } }))
export const sendTest = (id: string, addresses: string[], profile_id: number | null) =>
  body(
    api.POST('/api/v1/letters/{letter_id}/test', {
      params: { path: { letter_id: id } },
      body: { addresses, profile_id },
    }),
  )

/** The addresses of a letter, each asked now. */
export const letterLinksQuery = (id: string) =>
  queryOptions({
    queryKey: ['letters', id, 'links'],
    queryFn: () =>
      body(api.POST('/api/v1/letters/{letter_id}/check-links', { params: { path: { letter_id: id } } })),
    gcTime: 0,
    retry: false,
  })
/** What the letter shows without a default, and how many customers lack it. */
export const letterGapsQuery = (id: string) =>
  queryOptions({
    queryKey: ['letters', id, 'gaps'],
    queryFn: () => body(api.GET('/api/v1/letters/{letter_id}/gaps', { params: { path: { letter_id: id } } })),
    gcTime: 0,
    retry: false,
  })

export const ampExamplesQuery = queryOptions({
  queryKey: ['letters', 'amp-examples'],
  queryFn: () => body(api.GET('/api/v1/letters/amp-examples')),
  staleTime: Infinity,
})
export const startersQuery = queryOptions({
  queryKey: ['letters', 'starters'],
  queryFn: () => body(api.GET('/api/v1/starters')),
  staleTime: Infinity,
})
