/** Mailings of every kind, letters, reports. */

import { createRoute } from '@tanstack/react-router'

import { inside, named, screen } from './base'

export const messages = [
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings',
    validateSearch: named('q', 'state'),
    component: screen('campaigns', () => import('../../features/campaigns/MailingsPage'), 'MailingsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/new',
    component: screen('campaigns', () => import('../../features/campaigns/NewMailing'), 'NewMailing'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/templates',
    component: screen(
      'campaigns',
      () => import('../../features/campaigns/templates/TemplatesPage'),
      'TemplatesPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/transactional',
    component: screen(
      'campaigns',
      () => import('../../features/campaigns/transactional/TransactionalsPage'),
      'TransactionalsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/transactional/$id',
    component: screen(
      'campaigns',
      () => import('../../features/campaigns/transactional/TransactionalPage'),
      'TransactionalPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/transactional/$id/report',
    validateSearch: named('days', 'since', 'until', 'edition', 'segment', 'goal', 'outliers'),
    component: screen(['campaigns', 'analytics'], () => import('../OngoingReports'), 'LetterReportPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/transactional/$id/people',
    validateSearch: named('figure', 'arm', 'url', 'link', 'why', 'sign', 'verdict', 'lettered', 'hour', 'place', 'segment', 'since', 'until', 'edition', 'goal', 'outliers'),
    component: screen(['campaigns', 'analytics'], () => import('../OngoingReports'), 'LetterPeoplePage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/calendar',
    validateSearch: named('month'),
    component: screen('campaigns', () => import('../../features/campaigns/CalendarPage'), 'CalendarPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/regular',
    component: screen(
      'campaigns',
      () => import('../../features/campaigns/regular/RegularListPage'),
      'RegularListPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/regular/$id',
    component: screen(
      'campaigns',
      () => import('../../features/campaigns/regular/RegularMailingPage'),
      'RegularMailingPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/regular/$id/report',
    validateSearch: named('days', 'since', 'until', 'segment', 'goal', 'outliers'),
    component: screen(['campaigns', 'analytics'], () => import('../OngoingReports'), 'SeriesReportPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/regular/$id/people',
    validateSearch: named('figure', 'arm', 'url', 'link', 'why', 'sign', 'verdict', 'lettered', 'hour', 'place', 'segment', 'since', 'until', 'goal', 'outliers'),
    component: screen(['campaigns', 'analytics'], () => import('../OngoingReports'), 'SeriesPeoplePage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/$id',
    validateSearch: named('segment', 'goal', 'outliers'),
    component: screen(
      ['campaigns', 'analytics', 'content'],
      () => import('../MailingPage'),
      'MailingPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/$id/recipients',
    validateSearch: named('state', 'reason', 'variant'),
    component: screen(
      'campaigns',
      () => import('../../features/campaigns/RecipientsPage'),
      'RecipientsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/mailings/$id/people',
    validateSearch: named('figure', 'arm', 'url', 'link', 'why', 'sign', 'verdict', 'lettered', 'hour', 'place', 'segment', 'goal', 'outliers', 'part'),
    component: screen('analytics', () => import('../../features/analytics/report/PeoplePage'), 'PeoplePage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/letters',
    validateSearch: named('q'),
    component: screen('content', () => import('../../features/content/LettersPage'), 'LettersPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/letters/new',
    component: screen('content', () => import('../../features/content/NewLetter'), 'NewLetter'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/letters/feeds',
    component: screen('content', () => import('../../features/content/feeds/FeedsPage'), 'FeedsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/letters/feeds/$id',
    component: screen('content', () => import('../../features/content/feeds/FeedPage'), 'FeedPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/letters/$id',
    validateSearch: named('block', 'row', 'line'),
    component: screen('content', () => import('../../features/content/LetterPage'), 'LetterPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/caught',
    validateSearch: named('q', 'id'),
    component: screen('channels', () => import('../../features/channels/CaughtPage'), 'CaughtPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/reports',
    validateSearch: named(
      'period',
      'since',
      'until',
      'against',
      'model',
      'touch',
      'days',
      'segment',
      'segments',
      'sort',
    ),
    component: screen(
      'analytics',
      () => import('../../features/analytics/mailings/ReportsPage'),
      'ReportsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/reports/people',
    validateSearch: named(
      'period',
      'since',
      'until',
      'against',
      'model',
      'touch',
      'days',
      'segment',
      'segments',
      'sort',
      'figure',
      'mailing',
      'month',
    ),
    component: screen(
      'analytics',
      () => import('../../features/analytics/mailings/MailingsPeoplePage'),
      'MailingsPeoplePage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/reports/compare',
    validateSearch: named('ids', 'segment'),
    component: screen(
      'analytics',
      () => import('../../features/analytics/mailings/ComparePage'),
      'ComparePage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/reports/control-group',
    validateSearch: named('group', 'outliers'),
    component: screen(
      'analytics',
      () => import('../../features/analytics/control/ControlPage'),
      'ControlPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/reports/control-group/people',
    validateSearch: named('group', 'outliers', 'figure', 'side', 'month'),
    component: screen(
      'analytics',
      () => import('../../features/analytics/control/ControlPeoplePage'),
      'ControlPeoplePage',
    ),
  }),
] as const
