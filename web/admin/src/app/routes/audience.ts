/** Customers, their duplicates, segments, scores and traits. */

import { createRoute } from '@tanstack/react-router'

import { profileQuery } from '../../lib/api/endpoints/profiles'
import { queryClient } from '../queryClient'
import { inside, named, screen } from './base'

export const audience = [
  createRoute({
    getParentRoute: () => inside,
    path: '/customers',
    validateSearch: named('q', 'segment'),
    component: screen('profiles', () => import('../../features/profiles/CustomersPage'), 'CustomersPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/customers/duplicates',
    component: screen('profiles', () => import('../../features/profiles/DuplicatesPage'), 'DuplicatesPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/customers/$id',
    // Asked for while the code of the page comes, and before the parts that stand below.
    loader: ({ params: { id } }) => {
      if (/^[1-9]\d{0,15}$/.test(id)) void queryClient.prefetchQuery(profileQuery(Number(id)))
    },
    component: screen(['profiles', 'privacy'], () => import('../CustomerPage'), 'CustomerPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/segments',
    validateSearch: named('q', 'folder', 'sort', 'archived'),
    component: screen('segments', () => import('../../features/segments/SegmentsPage'), 'SegmentsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/segments/new',
    validateSearch: named('kind', 'folder', 'from'),
    component: screen('segments', () => import('../../features/segments/NewSegmentPage'), 'NewSegmentPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/segments/flows',
    validateSearch: named('ids', 'before', 'after', 'days', 'link'),
    component: screen('segments', () => import('../../features/segments/overtime/FlowsPage'), 'FlowsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/segments/overlap',
    validateSearch: named('ids', 'part'),
    component: screen(
      'segments',
      () => import('../../features/segments/overtime/OverlapPage'),
      'OverlapPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/segments/$id',
    component: screen('segments', () => import('../../features/segments/SegmentPage'), 'SegmentPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/computed-traits',
    validateSearch: named('q'),
    component: screen(
      'computed',
      () => import('../../features/computed/ComputedTraitsPage'),
      'ComputedTraitsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/computed-traits/new',
    validateSearch: named('kind'),
    component: screen(
      'computed',
      () => import('../../features/computed/NewComputedTraitPage'),
      'NewComputedTraitPage',
    ),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/computed-traits/$id',
    component: screen(
      'computed',
      () => import('../../features/computed/ComputedTraitPage'),
      'ComputedTraitPage',
    ),
  }),
] as const
