/** Loads the catalogue of one language and remembers the choice. */

import { i18n } from '@lingui/core'
import dayjs from 'dayjs'

import 'dayjs/locale/ru'

import { setApiLanguage } from './api/client'
import type { Lang } from './api/types'

const STORED = 'otklik-lang'

export function preferredLang(): Lang {
  try {
    const stored = localStorage.getItem(STORED)
    if (stored === 'ru' || stored === 'en') return stored
  } catch {
    // Without storage the browser's own language decides.
  }
  return navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en'
}

export async function activateLang(lang: Lang): Promise<void> {
  const { messages } =
    lang === 'ru' ? await import('../locales/ru.po') : await import('../locales/en.po')
  i18n.loadAndActivate({ locale: lang, messages })
  dayjs.locale(lang)
  document.documentElement.lang = lang
  setApiLanguage(lang)
  try {
    localStorage.setItem(STORED, lang)
  } catch {
    // The account remembers the language too.
  }
}

export { i18n }
