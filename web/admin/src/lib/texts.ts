/** The texts of each section in each language. `texts.ts` beside the configuration of Vite makes
 * them out of the catalogues; what the frame itself says is the section `shell`. */

import type { Messages } from '@lingui/core'

import type { Lang } from './api/types'

type Load = () => Promise<{ messages: Messages }>

export const TEXTS = {
  shell: { en: () => import('virtual:texts/en/shell'), ru: () => import('virtual:texts/ru/shell') },
  accounts: { en: () => import('virtual:texts/en/accounts'), ru: () => import('virtual:texts/ru/accounts') },
  analytics: { en: () => import('virtual:texts/en/analytics'), ru: () => import('virtual:texts/ru/analytics') },
  campaigns: { en: () => import('virtual:texts/en/campaigns'), ru: () => import('virtual:texts/ru/campaigns') },
  catalog: { en: () => import('virtual:texts/en/catalog'), ru: () => import('virtual:texts/ru/catalog') },
  channels: { en: () => import('virtual:texts/en/channels'), ru: () => import('virtual:texts/ru/channels') },
  computed: { en: () => import('virtual:texts/en/computed'), ru: () => import('virtual:texts/ru/computed') },
  content: { en: () => import('virtual:texts/en/content'), ru: () => import('virtual:texts/ru/content') },
  events: { en: () => import('virtual:texts/en/events'), ru: () => import('virtual:texts/ru/events') },
  exports: { en: () => import('virtual:texts/en/exports'), ru: () => import('virtual:texts/ru/exports') },
  ingestion: { en: () => import('virtual:texts/en/ingestion'), ru: () => import('virtual:texts/ru/ingestion') },
  privacy: { en: () => import('virtual:texts/en/privacy'), ru: () => import('virtual:texts/ru/privacy') },
  profiles: { en: () => import('virtual:texts/en/profiles'), ru: () => import('virtual:texts/ru/profiles') },
  segments: { en: () => import('virtual:texts/en/segments'), ru: () => import('virtual:texts/ru/segments') },
  sources: { en: () => import('virtual:texts/en/sources'), ru: () => import('virtual:texts/ru/sources') },
} as const satisfies Record<string, Record<Lang, Load>>

/** A folder of `src/features`, or the frame. */
export type Section = keyof typeof TEXTS
