/** The addresses of the interface. Every screen is a chunk of its own. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'

import { meQuery } from '../lib/api/endpoints/accounts'
import { profileQuery } from '../lib/api/endpoints/profiles'
import { ApiError, setCsrfToken } from '../lib/api/client'
import { activateLang } from '../lib/i18n'
import { queryClient, setOnSignedOut } from './queryClient'
import { ErrorScreen, NotFoundScreen, PendingScreen } from './screens'
import { Shell } from './Shell'

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined

/** Keeps only the named keys of the address, and only where they hold a text. */
const texts =
  <Key extends string>(...keys: Key[]) =>
  (search: Record<string, unknown>): { [K in Key]?: string } =>
    Object.fromEntries(
      keys.flatMap((key) => {
        const value = text(search[key])
        return value === undefined ? [] : [[key, value]]
      }),
    ) as { [K in Key]?: string }

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundScreen,
  errorComponent: ErrorScreen,
})

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: texts('next'),
  component: lazyRouteComponent(() => import('../features/accounts/LoginPage'), 'LoginPage'),
})

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ location }) => {
    try {
      const me = await queryClient.ensureQueryData(meQuery)
      setCsrfToken(me.csrf_token)
      if (document.documentElement.lang !== me.user.lang) await activateLang(me.user.lang)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({ to: '/login', search: location.href === '/' ? {} : { next: location.href } })
      }
      throw error
    }
  },
})

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('../features/analytics/HomePage'), 'HomePage'),
})

const customers = createRoute({
  getParentRoute: () => inside,
  path: '/customers',
  validateSearch: texts('q', 'segment'),
  component: lazyRouteComponent(() => import('../features/profiles/CustomersPage'), 'CustomersPage'),
})
const duplicates = createRoute({
  getParentRoute: () => inside,
  path: '/customers/duplicates',
  component: lazyRouteComponent(() => import('../features/profiles/DuplicatesPage'), 'DuplicatesPage'),
})
const customer = createRoute({
  getParentRoute: () => inside,
  path: '/customers/$id',
  // Asked for while the code of the page comes, and before the parts that stand below.
  loader: ({ params: { id } }) => {
    if (/^[1-9]\d{0,15}$/.test(id)) void queryClient.prefetchQuery(profileQuery(Number(id)))
  },
  component: lazyRouteComponent(() => import('./CustomerPage'), 'CustomerPage'),
})

const segments = createRoute({
  getParentRoute: () => inside,
  path: '/segments',
  validateSearch: texts('q', 'folder', 'sort', 'archived'),
  component: lazyRouteComponent(() => import('../features/segments/SegmentsPage'), 'SegmentsPage'),
})
const newSegment = createRoute({
  getParentRoute: () => inside,
  path: '/segments/new',
  validateSearch: texts('kind', 'folder', 'from'),
  component: lazyRouteComponent(() => import('../features/segments/NewSegmentPage'), 'NewSegmentPage'),
})
const segmentFlows = createRoute({
  getParentRoute: () => inside,
  path: '/segments/flows',
  validateSearch: texts('ids', 'before', 'after', 'days', 'link'),
  component: lazyRouteComponent(() => import('../features/segments/overtime/FlowsPage'), 'FlowsPage'),
})
const segmentOverlap = createRoute({
  getParentRoute: () => inside,
  path: '/segments/overlap',
  validateSearch: texts('ids', 'part'),
  component: lazyRouteComponent(() => import('../features/segments/overtime/OverlapPage'), 'OverlapPage'),
})
const segment = createRoute({
  getParentRoute: () => inside,
  path: '/segments/$id',
  component: lazyRouteComponent(() => import('../features/segments/SegmentPage'), 'SegmentPage'),
})

const computedTraits = createRoute({
  getParentRoute: () => inside,
  path: '/computed-traits',
  validateSearch: texts('q'),
  component: lazyRouteComponent(
    () => import('../features/computed/ComputedTraitsPage'),
    'ComputedTraitsPage',
  ),
})
const newComputedTrait = createRoute({
  getParentRoute: () => inside,
  path: '/computed-traits/new',
  validateSearch: texts('kind'),
  component: lazyRouteComponent(
    () => import('../features/computed/NewComputedTraitPage'),
    'NewComputedTraitPage',
  ),
})
const computedTrait = createRoute({
  getParentRoute: () => inside,
  path: '/computed-traits/$id',
  component: lazyRouteComponent(() => import('../features/computed/ComputedTraitPage'), 'ComputedTraitPage'),
})

const events = createRoute({
  getParentRoute: () => inside,
  path: '/events',
  validateSearch: texts('name'),
  component: lazyRouteComponent(() => import('../features/events/LivePage'), 'LivePage'),
})
const eventNames = createRoute({
  getParentRoute: () => inside,
  path: '/events/names',
  validateSearch: texts('q', 'name'),
  component: lazyRouteComponent(() => import('../features/events/NamesPage'), 'NamesPage'),
})
const rejects = createRoute({
  getParentRoute: () => inside,
  path: '/events/rejects',
  validateSearch: texts('code'),
  component: lazyRouteComponent(() => import('../features/events/RejectsPage'), 'RejectsPage'),
})

const imports = createRoute({
  getParentRoute: () => inside,
  path: '/imports',
  component: lazyRouteComponent(() => import('../features/ingestion/ImportsPage'), 'ImportsPage'),
})
const newImport = createRoute({
  getParentRoute: () => inside,
  path: '/imports/new',
  component: lazyRouteComponent(() => import('../features/ingestion/NewImportPage'), 'NewImportPage'),
})
const oneImport = createRoute({
  getParentRoute: () => inside,
  path: '/imports/$id',
  component: lazyRouteComponent(() => import('../features/ingestion/ImportPage'), 'ImportPage'),
})

const sources = createRoute({
  getParentRoute: () => inside,
  path: '/sources',
  component: lazyRouteComponent(() => import('../features/sources/SourcesPage'), 'SourcesPage'),
})
const newSource = createRoute({
  getParentRoute: () => inside,
  path: '/sources/new',
  component: lazyRouteComponent(() => import('../features/sources/NewSourcePage'), 'NewSourcePage'),
})
const exchanges = createRoute({
  getParentRoute: () => inside,
  path: '/sources/exchanges',
  component: lazyRouteComponent(() => import('../features/sources/exchange/ExchangesPage'), 'ExchangesPage'),
})
const exchange = createRoute({
  getParentRoute: () => inside,
  path: '/sources/exchanges/$id',
  component: lazyRouteComponent(() => import('../features/sources/exchange/ExchangePage'), 'ExchangePage'),
})
const source = createRoute({
  getParentRoute: () => inside,
  path: '/sources/$id',
  validateSearch: texts('tab'),
  component: lazyRouteComponent(() => import('../features/sources/SourcePage'), 'SourcePage'),
})

const products = createRoute({
  getParentRoute: () => inside,
  path: '/catalogue',
  validateSearch: texts('q', 'category', 'vendor', 'availability', 'from', 'to', 'order'),
  component: lazyRouteComponent(() => import('../features/catalog/ProductsPage'), 'ProductsPage'),
})
const product = createRoute({
  getParentRoute: () => inside,
  path: '/catalogue/products/$id',
  component: lazyRouteComponent(() => import('../features/catalog/ProductPage'), 'ProductPage'),
})
const feeds = createRoute({
  getParentRoute: () => inside,
  path: '/catalogue/feeds',
  component: lazyRouteComponent(() => import('../features/catalog/FeedsPage'), 'FeedsPage'),
})
const feed = createRoute({
  getParentRoute: () => inside,
  path: '/catalogue/feeds/$id',
  component: lazyRouteComponent(() => import('../features/catalog/FeedPage'), 'FeedPage'),
})
const orders = createRoute({
  getParentRoute: () => inside,
  path: '/catalogue/orders',
  validateSearch: texts('status'),
  component: lazyRouteComponent(() => import('../features/catalog/OrdersPage'), 'OrdersPage'),
})
const orderSettings = createRoute({
  getParentRoute: () => inside,
  path: '/catalogue/order-fields',
  component: lazyRouteComponent(() => import('../features/catalog/OrderSettingsPage'), 'OrderSettingsPage'),
})

const fileExports = createRoute({
  getParentRoute: () => inside,
  path: '/exports',
  component: lazyRouteComponent(() => import('../features/exports/FilesPage'), 'FilesPage'),
})
const exportSchedules = createRoute({
  getParentRoute: () => inside,
  path: '/exports/schedules',
  component: lazyRouteComponent(() => import('../features/exports/SchedulesPage'), 'SchedulesPage'),
})
const exportDestinations = createRoute({
  getParentRoute: () => inside,
  path: '/exports/destinations',
  component: lazyRouteComponent(() => import('../features/exports/DestinationsPage'), 'DestinationsPage'),
})
const forwardings = createRoute({
  getParentRoute: () => inside,
  path: '/exports/forwarding',
  component: lazyRouteComponent(() => import('../features/exports/ForwardingsPage'), 'ForwardingsPage'),
})
const forwarding = createRoute({
  getParentRoute: () => inside,
  path: '/exports/forwarding/$id',
  component: lazyRouteComponent(() => import('../features/exports/ForwardingPage'), 'ForwardingPage'),
})

const mailings = createRoute({
  getParentRoute: () => inside,
  path: '/mailings',
  validateSearch: texts('q', 'state'),
  component: lazyRouteComponent(() => import('../features/campaigns/MailingsPage'), 'MailingsPage'),
})
const newMailing = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/new',
  component: lazyRouteComponent(() => import('../features/campaigns/NewMailing'), 'NewMailing'),
})
const mailingTemplates = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/templates',
  component: lazyRouteComponent(
    () => import('../features/campaigns/templates/TemplatesPage'),
    'TemplatesPage',
  ),
})
const transactionals = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/transactional',
  component: lazyRouteComponent(
    () => import('../features/campaigns/transactional/TransactionalsPage'),
    'TransactionalsPage',
  ),
})
const transactional = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/transactional/$id',
  component: lazyRouteComponent(
    () => import('../features/campaigns/transactional/TransactionalPage'),
    'TransactionalPage',
  ),
})
const mailingsCalendar = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/calendar',
  validateSearch: texts('month'),
  component: lazyRouteComponent(() => import('../features/campaigns/CalendarPage'), 'CalendarPage'),
})
const regularMailings = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/regular',
  component: lazyRouteComponent(
    () => import('../features/campaigns/regular/RegularListPage'),
    'RegularListPage',
  ),
})
const regularMailing = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/regular/$id',
  component: lazyRouteComponent(
    () => import('../features/campaigns/regular/RegularMailingPage'),
    'RegularMailingPage',
  ),
})
const mailing = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/$id',
  validateSearch: texts('goal', 'outliers'),
  component: lazyRouteComponent(() => import('./MailingPage'), 'MailingPage'),
})
const recipients = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/$id/recipients',
  validateSearch: texts('state', 'reason', 'variant'),
  component: lazyRouteComponent(() => import('../features/campaigns/RecipientsPage'), 'RecipientsPage'),
})
const behind = createRoute({
  getParentRoute: () => inside,
  path: '/mailings/$id/people',
  validateSearch: texts('figure', 'arm', 'url', 'link', 'goal', 'outliers', 'part'),
  component: lazyRouteComponent(() => import('../features/analytics/report/PeoplePage'), 'PeoplePage'),
})

const reports = createRoute({
  getParentRoute: () => inside,
  path: '/reports',
  validateSearch: texts('period', 'since', 'until', 'against', 'model', 'touch', 'days', 'sort'),
  component: lazyRouteComponent(() => import('../features/analytics/mailings/ReportsPage'), 'ReportsPage'),
})
const compared = createRoute({
  getParentRoute: () => inside,
  path: '/reports/compare',
  validateSearch: texts('ids'),
  component: lazyRouteComponent(() => import('../features/analytics/mailings/ComparePage'), 'ComparePage'),
})

const globalControl = createRoute({
  getParentRoute: () => inside,
  path: '/reports/control-group',
  validateSearch: texts('group', 'outliers'),
  component: lazyRouteComponent(
    () => import('../features/analytics/control/ControlPage'),
    'ControlPage',
  ),
})
const controlPeople = createRoute({
  getParentRoute: () => inside,
  path: '/reports/control-group/people',
  validateSearch: texts('group', 'outliers', 'figure', 'side', 'month'),
  component: lazyRouteComponent(
    () => import('../features/analytics/control/ControlPeoplePage'),
    'ControlPeoplePage',
  ),
})

const letters = createRoute({
  getParentRoute: () => inside,
  path: '/letters',
  validateSearch: texts('q'),
  component: lazyRouteComponent(() => import('../features/content/LettersPage'), 'LettersPage'),
})
const newLetter = createRoute({
  getParentRoute: () => inside,
  path: '/letters/new',
  component: lazyRouteComponent(() => import('../features/content/NewLetter'), 'NewLetter'),
})
const contentFeeds = createRoute({
  getParentRoute: () => inside,
  path: '/letters/feeds',
  component: lazyRouteComponent(() => import('../features/content/feeds/FeedsPage'), 'FeedsPage'),
})
const contentFeed = createRoute({
  getParentRoute: () => inside,
  path: '/letters/feeds/$id',
  component: lazyRouteComponent(() => import('../features/content/feeds/FeedPage'), 'FeedPage'),
})
const letter = createRoute({
  getParentRoute: () => inside,
  path: '/letters/$id',
  validateSearch: texts('block', 'row', 'line'),
  component: lazyRouteComponent(() => import('../features/content/LetterPage'), 'LetterPage'),
})

const caught = createRoute({
  getParentRoute: () => inside,
  path: '/caught',
  validateSearch: texts('q', 'id'),
  component: lazyRouteComponent(() => import('../features/channels/CaughtPage'), 'CaughtPage'),
})

const requests = createRoute({
  getParentRoute: () => inside,
  path: '/requests',
  validateSearch: texts('tab'),
  component: lazyRouteComponent(() => import('../features/privacy/RequestsPage'), 'RequestsPage'),
})

const unknown = createRoute({
  getParentRoute: () => inside,
  path: '$',
  component: NotFoundScreen,
})

const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('./SettingsLayout'), 'SettingsLayout'),
})
const settingsIndex = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/account', replace: true })
  },
})
const settingsPages = [
  createRoute({
    getParentRoute: () => settings,
    path: '/account',
    component: lazyRouteComponent(() => import('../features/accounts/AccountSettings'), 'AccountSettings'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/workspace',
    component: lazyRouteComponent(
      () => import('../features/accounts/WorkspaceSettings'),
      'WorkspaceSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/users',
    component: lazyRouteComponent(() => import('../features/accounts/UsersSettings'), 'UsersSettings'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/keys',
    component: lazyRouteComponent(() => import('../features/accounts/KeysSettings'), 'KeysSettings'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/senders',
    component: lazyRouteComponent(() => import('../features/channels/SendersSettings'), 'SendersSettings'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/returned-mail',
    validateSearch: texts('kind', 'verdict', 'mail'),
    component: lazyRouteComponent(
      () => import('../features/channels/returns/ReturnedMailSettings'),
      'ReturnedMailSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/returned-mail/ways',
    component: lazyRouteComponent(
      () => import('../features/channels/returns/ReturnWaysSettings'),
      'ReturnWaysSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/relays',
    component: lazyRouteComponent(
      () => import('../features/channels/relays/RelaysSettings'),
      'RelaysSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/tracking',
    component: lazyRouteComponent(
      () => import('../features/channels/tracking/TrackingSettings'),
      'TrackingSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/brand-kit',
    component: lazyRouteComponent(() => import('../features/content/brand/BrandKitSettings'), 'BrandKitSettings'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/topics',
    component: lazyRouteComponent(() => import('../features/privacy/TopicsSettings'), 'TopicsSettings'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/consent-texts',
    component: lazyRouteComponent(
      () => import('../features/privacy/ConsentTextsSettings'),
      'ConsentTextsSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/stop-list',
    validateSearch: texts('q'),
    component: lazyRouteComponent(
      () => import('../features/privacy/StopListSettings'),
      'StopListSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/sending-policy',
    component: lazyRouteComponent(
      () => import('../features/campaigns/policy/SendingPolicySettings'),
      'SendingPolicySettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/retention',
    component: lazyRouteComponent(
      () => import('../features/privacy/RetentionSettings'),
      'RetentionSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/identity',
    component: lazyRouteComponent(
      () => import('../features/profiles/IdentitySettings'),
      'IdentitySettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/audit',
    component: lazyRouteComponent(() => import('../features/accounts/AuditSettings'), 'AuditSettings'),
  }),
] as const

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    inside.addChildren([
      home,
      customers,
      duplicates,
      customer,
      segments,
      segmentFlows,
      segmentOverlap,
      newSegment,
      segment,
      computedTraits,
      newComputedTrait,
      computedTrait,
      events,
      eventNames,
      rejects,
      imports,
      newImport,
      oneImport,
      fileExports,
      exportSchedules,
      exportDestinations,
      forwardings,
      forwarding,
      products,
      product,
      feeds,
      feed,
      orders,
      orderSettings,
      sources,
      newSource,
      exchanges,
      exchange,
      source,
      mailings,
      newMailing,
      mailingTemplates,
      transactionals,
      transactional,
      mailingsCalendar,
      regularMailings,
      regularMailing,
      mailing,
      recipients,
      behind,
      reports,
      compared,
      globalControl,
      controlPeople,
      letters,
      newLetter,
      contentFeeds,
      contentFeed,
      letter,
      caught,
      requests,
      unknown,
      settings.addChildren([settingsIndex, ...settingsPages]),
    ]),
  ]),
  defaultPendingComponent: PendingScreen,
  defaultErrorComponent: ErrorScreen,
  defaultNotFoundComponent: NotFoundScreen,
  defaultPendingMs: 100,
  defaultPreload: false,
  scrollRestoration: true,
})

setOnSignedOut(() => {
  if (router.state.location.pathname === '/login') return
  queryClient.clear()
  void router.navigate({ to: '/login', search: { next: router.state.location.href } })
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
