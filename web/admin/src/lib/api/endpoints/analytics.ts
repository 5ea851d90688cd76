import { queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'

export const homeQuery = queryOptions({
  queryKey: ['home'],
  queryFn: () => body(api.GET('/api/v1/home')),
  refetchInterval: 60_000,
})

export const reportQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'report'],
    queryFn: () => body(api.GET('/api/v1/campaigns/{campaign_id}/report', { params: { path: { campaign_id: id } } })),
  })

/** The figures of the groups by the present value of a trait. */
export const reportByTraitQuery = (id: string, trait: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'report', 'by-trait', trait],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/report/by/{dimension}', {
          params: { path: { campaign_id: id, dimension: 'trait' }, query: { trait } },
          signal,
        }),
      ),
    staleTime: 30_000,
  })

export const reportCsvUrl = (id: string) => `/api/v1/campaigns/${id}/report.csv`
export const reportPeopleCsvUrl = (id: string) => `/api/v1/campaigns/${id}/report/people.csv`
