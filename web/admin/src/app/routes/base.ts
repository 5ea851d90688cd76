/** What the addresses of every section stand on: the frame, the filters, the screens. */

import {
  createRootRoute,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'

import { ApiError, setCsrfToken } from '../../lib/api/client'
import { meQuery } from '../../lib/api/endpoints/accounts'
import { activateLang, loadTexts, type Section } from '../../lib/i18n'
import { queryClient } from '../queryClient'
import { ErrorScreen, NotFoundScreen } from '../screens'
import { Shell } from '../Shell'

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined

/** Keeps only the named keys of the address, and only where they hold a text. */
export const named =
  <Key extends string>(...keys: Key[]) =>
  (search: Record<string, unknown>): { [K in Key]?: string } =>
    Object.fromEntries(
      keys.flatMap((key) => {
        const value = text(search[key])
        return value === undefined ? [] : [[key, value]]
      }),
    ) as { [K in Key]?: string }

/** A screen in a chunk of its own. Its texts come beside it, and it is not shown before them. */
export function screen<Module extends Record<string, unknown>, Name extends keyof Module & string>(
  sections: Section | readonly Section[],
  load: () => Promise<Module>,
  name: Name,
) {
  return lazyRouteComponent(async () => {
    const [module] = await Promise.all([load(), loadTexts([sections].flat() as Section[])])
    return module
  }, name)
}

export const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundScreen,
  errorComponent: ErrorScreen,
})

export const inside = createRoute({
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
