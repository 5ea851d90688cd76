import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import { keyOf, pathOf, type ReportOf, urlOf } from '../reportOf'
import type {
  Behind,
  ControlAsked,
  ControlBehind,
  MailingsAsked,
  MailingsBehind,
  ReportChoice,
  ReportDimension,
} from '../types'

export const homeQuery = queryOptions({
  queryKey: ['home'],
  queryFn: () => body(api.GET('/api/v1/home')),
  refetchInterval: 60_000,
})

export const reportQuery = (of: ReportOf, choice: ReportChoice) =>
  queryOptions({
    queryKey: [...keyOf(of), choice],
    queryFn: () =>
      body(
        api.GET(pathOf(of, '/api/v1/campaigns/{campaign_id}/report'), {
          params: { path: { campaign_id: of.id }, query: { ...of.asked, ...choice } },
        }),
      ),
    // The figures of the same mailing stay in sight while it is counted by another choice.
    placeholderData: (before, query) => (query?.queryKey[1] === of.id ? before : undefined),
  })

/** All target actions of a mailing, the main one first. */
export const goalsQuery = (of: ReportOf, { without_outliers }: ReportChoice) =>
  queryOptions({
    queryKey: [...keyOf(of), 'goals', without_outliers],
    queryFn: ({ signal }) =>
      body(
        api.GET(pathOf(of, '/api/v1/campaigns/{campaign_id}/report/goals'), {
          params: { path: { campaign_id: of.id }, query: { ...of.asked, without_outliers } },
          signal,
        }),
      ),
    placeholderData: (before, query) => (query?.queryKey[1] === of.id ? before : undefined),
    staleTime: 15_000,
  })

export interface By extends ReportChoice {
  dimension: ReportDimension
  trait?: string
  segment_id?: string[]
}

/** The figures of the groups, apart for people with different traits, domains, devices or segments. */
export const reportByQuery = (of: ReportOf, { dimension, ...query }: By) =>
  queryOptions({
    queryKey: [...keyOf(of), 'by', dimension, query],
    queryFn: ({ signal }) =>
      body(
        api.GET(pathOf(of, '/api/v1/campaigns/{campaign_id}/report/by/{dimension}'), {
          params: { path: { campaign_id: of.id, dimension }, query: { ...of.asked, ...query } },
          signal,
        }),
      ),
    staleTime: 30_000,
  })

/** The letters of a transactional letter by edition, the latest first. */
export const letterEditionsQuery = (of: ReportOf) =>
  queryOptions({
    queryKey: [...keyOf(of), 'editions'],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/transactional/{letter_id}/report/editions', {
          params: { path: { letter_id: of.id }, query: { ...of.asked } },
          signal,
        }),
      ),
    placeholderData: (before, query) => (query?.queryKey[1] === of.id ? before : undefined),
    refetchInterval: 15_000,
  })

export const behindQuery = (of: ReportOf, behind: Behind) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(of), 'people', behind],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET(pathOf(of, '/api/v1/campaigns/{campaign_id}/report/people'), {
          params: { path: { campaign_id: of.id }, query: { ...of.asked, ...behind, cursor: pageParam, limit: 50 } },
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

/** Everybody and some segments, in the figures of the report. */
export const mailingsSegmentsQuery = (asked: MailingsAsked, segments: string[]) =>
  queryOptions({
    queryKey: ['reports', 'mailings', 'segments', asked, segments],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/reports/mailings/segments', {
          params: { query: { ...asked, segment_id: segments } },
          signal,
        }),
      ),
    enabled: segments.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })

export const mailingsPeopleQuery = (behind: MailingsBehind) =>
  infiniteQueryOptions({
    queryKey: ['reports', 'mailings', 'people', behind],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET('/api/v1/reports/mailings/people', {
          params: { query: { ...behind, cursor: pageParam, limit: 50 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })

/** `segment`: only its people; nothing: everybody. */
export const comparedQuery = (ids: string[], segment?: string) =>
  queryOptions({
    queryKey: ['reports', 'compare', ids, segment],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/reports/compare', {
          params: { query: { campaign_id: ids, ...(segment && { segment }) } },
          signal,
        }),
      ),
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

export const comparedCsvUrl = (ids: string[], segment?: string) =>
  withQuery('/api/v1/reports/compare.csv', { campaign_id: ids, segment })

export const mailingsSegmentsCsvUrl = (asked: MailingsAsked, segments: string[]) =>
  withQuery('/api/v1/reports/mailings/segments.csv', { ...asked, segment_id: segments })
export const mailingsPeopleCsvUrl = (behind: MailingsBehind) =>
  withQuery('/api/v1/reports/mailings/people.csv', behind)

export const mailingsCsvUrl = (asked: MailingsAsked) => withQuery('/api/v1/reports/mailings.csv', asked)
export const reportCsvUrl = (of: ReportOf, choice: ReportChoice) =>
  withQuery(`${urlOf(of)}/report.csv`, { ...of.asked, ...choice })
export const reportPeopleCsvUrl = (of: ReportOf, behind: Behind) =>
  withQuery(`${urlOf(of)}/report/people.csv`, { ...of.asked, ...behind })

/** An address with what is asked; what is false or missing is what the server takes anyway. */
function withQuery(path: string, asked: object): string {
  const query = new URLSearchParams(
    Object.entries(asked).flatMap(([key, value]) =>
      [value].flat().flatMap((one) => (one || one === 0 ? [[key, String(one)]] : [])),
    ),
  ).toString()
  return query ? `${path}?${query}` : path
}
