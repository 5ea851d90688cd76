/** The addresses of the interface. Every screen is a chunk of its own; sections stand in routes/. */

import { createRoute, createRouter } from '@tanstack/react-router'

import { queryClient, setOnSignedOut } from './queryClient'
import { audience } from './routes/audience'
import { inside, named, root, screen } from './routes/base'
import { data } from './routes/data'
import { messages } from './routes/messages'
import { settings } from './routes/settings'
import { ErrorScreen, NotFoundScreen, PendingScreen } from './screens'

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: named('next'),
  component: screen('accounts', () => import('../features/accounts/LoginPage'), 'LoginPage'),
})

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: screen('analytics', () => import('../features/analytics/HomePage'), 'HomePage'),
})

const unknown = createRoute({
  getParentRoute: () => inside,
  path: '$',
  component: NotFoundScreen,
})

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    inside.addChildren([home, ...audience, ...data, ...messages, settings, unknown]),
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
