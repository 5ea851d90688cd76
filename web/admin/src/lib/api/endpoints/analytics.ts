import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { Behind, ReportDimension } from '../types'

export const homeQuery = queryOptions({
  queryKey: ['home'],
  queryFn: () => body(api.GET('/api/v1/home')),
  refetchInterval: 60_000,
})

export const reportQuery = (id: string, withoutOutliers = false) =>
  queryOptions({
    queryKey: ['campaigns', id, 'report', { withoutOutliers }],
    queryFn: () =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/report', {
          params: { path: { campaign_id: id }, query: { without_outliers: withoutOutliers } },
        }),
      ),
    // The figures of the same mailing stay in sight while it is counted with other checks.
    placeholderData: (before, query) => (query?.queryKey[1] === id ? before : undefined),
  })

export interface By {
  dimension: ReportDimension
  trait?: string
  segment_id?: string[]
  without_outliers?: boolean
}

/** The figures of the groups, apart for people with different traits, domains, devices or segments. */
export const reportByQuery = (id: string, { dimension, ...query }: By) =>
  queryOptions({
    queryKey: ['campaigns', id, 'report', 'by', dimension, query],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/report/by/{dimension}', {
          params: { path: { campaign_id: id, dimension }, query },
          signal,
        }),
      ),
    staleTime: 30_000,
  })

export const behindQuery = (id: string, behind: Behind) =>
  infiniteQueryOptions({
    queryKey: ['campaigns', id, 'report', 'people', behind],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/report/people', {
          params: { path: { campaign_id: id }, query: { ...behind, cursor: pageParam, limit: 50 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })

export const reportCsvUrl = (id: string, withoutOutliers: boolean) =>
  withQuery(`/api/v1/campaigns/${id}/report.csv`, { without_outliers: withoutOutliers })
export const reportPeopleCsvUrl = (id: string, behind: Behind) =>
  withQuery(`/api/v1/campaigns/${id}/report/people.csv`, behind)

/** An address with what is asked; what is false or missing is left out. */
function withQuery(path: string, asked: object): string {
  const query = new URLSearchParams(
    Object.entries(asked).flatMap(([key, value]) => (value ? [[key, String(value)]] : [])),
  ).toString()
  return query ? `${path}?${query}` : path
}
