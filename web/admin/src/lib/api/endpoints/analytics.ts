import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { Behind, ControlAsked, ControlBehind, MailingsAsked, ReportChoice, ReportDimension } from '../types'

export const homeQuery = queryOptions({
  queryKey: ['home'],
  queryFn: () => body(api.GET('/api/v1/home')),
  refetchInterval: 60_000,
})

export const reportQuery = (id: string, choice: ReportChoice) =>
  queryOptions({
    queryKey: ['campaigns', id, 'report', choice],
    queryFn: () =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/report', {
          params: { path: { campaign_id: id }, query: choice },
        }),
      ),
    // The figures of the same mailing stay in sight while it is counted by another choice.
    placeholderData: (before, query) => (query?.queryKey[1] === id ? before : undefined),
  })

/** All target actions of a mailing, the main one first. */
export const goalsQuery = (id: string, { without_outliers }: ReportChoice) =>
  queryOptions({
    queryKey: ['campaigns', id, 'report', 'goals', without_outliers],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/report/goals', {
          params: { path: { campaign_id: id }, query: { without_outliers } },
          signal,
        }),
      ),
    placeholderData: (before, query) => (query?.queryKey[1] === id ? before : undefined),
    staleTime: 15_000,
  })

export interface By extends ReportChoice {
  dimension: ReportDimension
  trait?: string
  segment_id?: string[]
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

export const mailingsReportQuery = (asked: MailingsAsked) =>
  queryOptions({
    queryKey: ['reports', 'mailings', asked],
    queryFn: ({ signal }) => body(api.GET('/api/v1/reports/mailings', { params: { query: asked }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })

export const comparedQuery = (ids: string[]) =>
  queryOptions({
    queryKey: ['reports', 'compare', ids],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/reports/compare', { params: { query: { campaign_id: ids } }, signal })),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })

export const globalControlQuery = (asked: ControlAsked) =>
  queryOptions({
    queryKey: ['reports', 'global-control', asked],
    queryFn: ({ signal }) => body(api.GET('/api/v1/reports/global-control', { params: { query: asked }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })

export const controlPeopleQuery = (behind: ControlBehind) =>
  infiniteQueryOptions({
    queryKey: ['reports', 'global-control', 'people', behind],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET('/api/v1/reports/global-control/people', {
          params: { query: { ...behind, cursor: pageParam, limit: 50 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })

export const globalControlCsvUrl = (asked: ControlAsked) => withQuery('/api/v1/reports/global-control.csv', asked)
export const controlPeopleCsvUrl = (behind: ControlBehind) =>
  withQuery('/api/v1/reports/global-control/people.csv', behind)

export const comparedCsvUrl = (ids: string[]) =>
  `/api/v1/reports/compare.csv?${new URLSearchParams(ids.map((id) => ['campaign_id', id]))}`

export const mailingsCsvUrl = (asked: MailingsAsked) => withQuery('/api/v1/reports/mailings.csv', asked)
export const reportCsvUrl = (id: string, choice: ReportChoice) =>
  withQuery(`/api/v1/campaigns/${id}/report.csv`, choice)
export const reportPeopleCsvUrl = (id: string, behind: Behind) =>
  withQuery(`/api/v1/campaigns/${id}/report/people.csv`, behind)

/** An address with what is asked; what is false or missing is what the server takes anyway. */
function withQuery(path: string, asked: object): string {
  const query = new URLSearchParams(
    Object.entries(asked).flatMap(([key, value]) => (value || value === 0 ? [[key, String(value)]] : [])),
  ).toString()
  return query ? `${path}?${query}` : path
}
