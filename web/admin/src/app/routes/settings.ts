/** The pages of the settings, inside the frame that holds their menu. */

import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'

import { inside, named, screen } from './base'

const frame = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('../SettingsLayout'), 'SettingsLayout'),
})

const pages = [
  createRoute({
    getParentRoute: () => frame,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/settings/account', replace: true })
    },
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/account',
    component: screen(
      'accounts',
      () => import('../../features/accounts/AccountSettings'),
      'AccountSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/workspace',
    component: screen(
      'accounts',
      () => import('../../features/accounts/WorkspaceSettings'),
      'WorkspaceSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/users',
    component: screen('accounts', () => import('../../features/accounts/UsersSettings'), 'UsersSettings'),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/keys',
    component: screen('accounts', () => import('../../features/accounts/KeysSettings'), 'KeysSettings'),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/senders',
    component: screen(
      'channels',
      () => import('../../features/channels/SendersSettings'),
      'SendersSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/returned-mail',
    validateSearch: named('kind', 'verdict', 'mail'),
    component: screen(
      'channels',
      () => import('../../features/channels/returns/ReturnedMailSettings'),
      'ReturnedMailSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/returned-mail/ways',
    component: screen(
      'channels',
      () => import('../../features/channels/returns/ReturnWaysSettings'),
      'ReturnWaysSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/relays',
    component: screen(
      'channels',
      () => import('../../features/channels/relays/RelaysSettings'),
      'RelaysSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/tracking',
    component: screen(
      'channels',
      () => import('../../features/channels/tracking/TrackingSettings'),
      'TrackingSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/brand-kit',
    component: screen(
      'content',
      () => import('../../features/content/brand/BrandKitSettings'),
      'BrandKitSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/topics',
    component: screen('privacy', () => import('../../features/privacy/TopicsSettings'), 'TopicsSettings'),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/consent-texts',
    component: screen(
      'privacy',
      () => import('../../features/privacy/ConsentTextsSettings'),
      'ConsentTextsSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/stop-list',
    validateSearch: named('q'),
    component: screen(
      'privacy',
      () => import('../../features/privacy/StopListSettings'),
      'StopListSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/sending-policy',
    component: screen(
      'campaigns',
      () => import('../../features/campaigns/policy/SendingPolicySettings'),
      'SendingPolicySettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/retention',
    component: screen(
      'privacy',
      () => import('../../features/privacy/RetentionSettings'),
      'RetentionSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/identity',
    component: screen(
      'profiles',
      () => import('../../features/profiles/IdentitySettings'),
      'IdentitySettings',
    ),
  }),
  createRoute({
    getParentRoute: () => frame,
    path: '/audit',
    component: screen('accounts', () => import('../../features/accounts/AuditSettings'), 'AuditSettings'),
  }),
] as const

export const settings = frame.addChildren(pages)
