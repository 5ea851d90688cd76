/** What comes in, what goes out, and what people ask about it. */

import { createRoute } from '@tanstack/react-router'

import { inside, named, screen } from './base'

export const data = [
  createRoute({
    getParentRoute: () => inside,
    path: '/events',
    validateSearch: named('name'),
    component: screen('events', () => import('../../features/events/LivePage'), 'LivePage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/events/names',
    validateSearch: named('q', 'name'),
    component: screen('events', () => import('../../features/events/NamesPage'), 'NamesPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/events/rejects',
    validateSearch: named('code'),
    component: screen('events', () => import('../../features/events/RejectsPage'), 'RejectsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/catalogue',
    validateSearch: named('q', 'category', 'vendor', 'availability', 'from', 'to', 'order'),
    component: screen('catalog', () => import('../../features/catalog/ProductsPage'), 'ProductsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/catalogue/products/$id',
    component: screen('catalog', () => import('../../features/catalog/ProductPage'), 'ProductPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/catalogue/feeds',
    component: screen('catalog', () => import('../../features/catalog/FeedsPage'), 'FeedsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/catalogue/feeds/$id',
    component: screen('catalog', () => import('../../features/catalog/FeedPage'), 'FeedPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/catalogue/orders',
    validateSearch: named('status'),
    component: screen('catalog', () => import('../../features/catalog/OrdersPage'), 'OrdersPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/catalogue/order-fields',
    component: screen(
      'catalog',
      () => import('../../features/catalog/OrderSettingsPage'),
      'OrderSettingsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/sources',
    component: screen('sources', () => import('../../features/sources/SourcesPage'), 'SourcesPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/sources/new',
    component: screen('sources', () => import('../../features/sources/NewSourcePage'), 'NewSourcePage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/sources/exchanges',
    component: screen(
      'sources',
      () => import('../../features/sources/exchange/ExchangesPage'),
      'ExchangesPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/sources/exchanges/$id',
    component: screen(
      'sources',
      () => import('../../features/sources/exchange/ExchangePage'),
      'ExchangePage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/sources/$id',
    validateSearch: named('tab'),
    component: screen('sources', () => import('../../features/sources/SourcePage'), 'SourcePage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/imports',
    component: screen('ingestion', () => import('../../features/ingestion/ImportsPage'), 'ImportsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/imports/new',
    component: screen('ingestion', () => import('../../features/ingestion/NewImportPage'), 'NewImportPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/imports/$id',
    component: screen('ingestion', () => import('../../features/ingestion/ImportPage'), 'ImportPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/exports',
    component: screen('exports', () => import('../../features/exports/FilesPage'), 'FilesPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/exports/schedules',
    component: screen('exports', () => import('../../features/exports/SchedulesPage'), 'SchedulesPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/exports/destinations',
    component: screen(
      'exports',
      () => import('../../features/exports/DestinationsPage'),
      'DestinationsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/exports/forwarding',
    component: screen('exports', () => import('../../features/exports/ForwardingsPage'), 'ForwardingsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/exports/forwarding/$id',
    component: screen('exports', () => import('../../features/exports/ForwardingPage'), 'ForwardingPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/requests',
    validateSearch: named('tab'),
    component: screen('privacy', () => import('../../features/privacy/RequestsPage'), 'RequestsPage'),
  }),
] as const
