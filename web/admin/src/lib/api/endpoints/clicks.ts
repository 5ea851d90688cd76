import { queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'

interface Asked {
  variant: string
  part: 'first' | 'rest'
}

/** The letter of a variant with who followed what in it. */
export const clickMapQuery = (id: string, asked: Asked) =>
  queryOptions({
    queryKey: ['campaigns', id, 'report', 'clicks', asked],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/report/clicks', {
          params: { path: { campaign_id: id }, query: asked },
          signal,
        }),
      ),
    staleTime: 30_000,
  })

/** Openings and clicks of people, mailboxes and scanners, each with its reason. */
export const hitsQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'report', 'hits'],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/report/hits', {
          params: { path: { campaign_id: id } },
          signal,
        }),
      ),
    staleTime: 30_000,
  })

export const clickMapCsvUrl = (id: string, asked: Asked) =>
  `/api/v1/campaigns/${id}/report/clicks.csv?${new URLSearchParams({ ...asked })}`
