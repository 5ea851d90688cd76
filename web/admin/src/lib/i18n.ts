/** The language of the interface: its texts come section by section, its choice is remembered. */

import { i18n, type Messages } from '@lingui/core'
import dayjs from 'dayjs'

import 'dayjs/locale/ru'

import { setApiLanguage } from './api/client'
import type { Lang } from './api/types'
import { TEXTS, type Section } from './texts'

const STORED = 'otklik-lang'

/** What has been asked for so far: a change of the language brings all of it anew. */
const wanted = new Set<Section>(['shell'])
const loaded: Record<Lang, Set<Section>> = { en: new Set(), ru: new Set() }
const messages: Record<Lang, Messages> = { en: {}, ru: {} }

/** The language chosen last; the one shown follows as soon as its texts are here. */
let chosen: Lang = 'en'

export function preferredLang(): Lang {
  try {
    const stored = localStorage.getItem(STORED)
    if (stored === 'ru' || stored === 'en') return stored
  } catch {
    // Without storage the browser's own language decides.
  }
  return navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en'
}

async function loadSection(lang: Lang, section: Section): Promise<void> {
  const texts = await TEXTS[section][lang]()
  // Into the object that is shown from: nothing on the screen needs these texts yet, so nothing is
  // drawn anew for them.
  Object.assign(messages[lang], texts.messages)
  loaded[lang].add(section)
}

/** Brings every section that is wanted, those too that come to be wanted meanwhile. */
async function loadWanted(lang: Lang): Promise<void> {
  const missing = () => [...wanted].filter((section) => !loaded[lang].has(section))
  for (let sections = missing(); sections.length; sections = missing()) {
    await Promise.all(sections.map((section) => loadSection(lang, section)))
  }
}

/** Returns when the texts of the sections are here in the language that is chosen by then. */
export async function loadTexts(sections: readonly Section[]): Promise<void> {
  for (const section of sections) wanted.add(section)
  let lang: Lang
  do {
    lang = chosen
    await loadWanted(lang)
  } while (lang !== chosen)
}

/** Changes the language of everything at once, when all the texts of it are here. */
export async function activateLang(lang: Lang): Promise<void> {
  const before = chosen
  chosen = lang
  try {
    await loadWanted(lang)
  } catch (error) {
    if (chosen === lang) chosen = before
    throw error
  }
  // Meanwhile another language may have been chosen: the last choice holds.
  if (chosen !== lang) return
  i18n.loadAndActivate({ locale: lang, messages: messages[lang] })
  dayjs.locale(lang)
  document.documentElement.lang = lang
  setApiLanguage(lang)
  try {
    localStorage.setItem(STORED, lang)
  } catch {
    // The account remembers the language too.
  }
}

export { i18n, type Section }
