// @vitest-environment happy-dom
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'

import { beforeEach, expect, test, vi } from 'vitest'

import type { Lang } from './api/types'
import type { Section } from './texts'

type Texts = Record<Section, Record<Lang, () => Promise<{ messages: Record<string, string> }>>>

/** What the network would do: a text comes when the test says so. */
const asked: { name: string; come: () => void; fail: () => void }[] = []
let atOnce = true

const load = (lang: Lang, section: string) => () =>
  new Promise<{ messages: Record<string, string> }>((resolve, reject) => {
    const come = () => resolve({ messages: { [section]: `${section} in ${lang}` } })
    if (atOnce) come()
    else asked.push({ name: `${lang}/${section}`, come, fail: () => reject(new Error('no connection')) })
  })

vi.mock('./texts', () => ({
  TEXTS: Object.fromEntries(
    ['shell', 'campaigns', 'content'].map((name) => [name, { en: load('en', name), ru: load('ru', name) }]),
  ) as Partial<Texts>,
}))

const started = async () => {
  const { activateLang, i18n, loadTexts } = await import('./i18n')
  await activateLang('ru')
  return { activateLang, loadTexts, say: (id: string) => i18n._(id) }
}

beforeEach(() => {
  vi.resetModules()
  asked.length = 0
  atOnce = true
})

test('a section is there when its texts are promised to be', async () => {
  const { loadTexts, say } = await started()
  await loadTexts(['campaigns'])
  expect(say('shell')).toBe('shell in ru')
  expect(say('campaigns')).toBe('campaigns in ru')
})

test('a change of the language brings every section that is open', async () => {
  const { activateLang, loadTexts, say } = await started()
  await loadTexts(['campaigns'])
  await activateLang('en')
  expect(say('campaigns')).toBe('campaigns in en')
})

test('nothing changes before all the texts of the other language are here', async () => {
  const { activateLang, loadTexts, say } = await started()
  await loadTexts(['campaigns'])
  atOnce = false
  const change = activateLang('en')
  asked[0]?.come()
  await Promise.resolve()
  expect([say('shell'), say('campaigns')]).toEqual(['shell in ru', 'campaigns in ru'])
  asked[1]?.come()
  await change
  expect([say('shell'), say('campaigns')]).toEqual(['shell in en', 'campaigns in en'])
})

test('a section opened while the language changes comes in the new one', async () => {
  const { activateLang, loadTexts, say } = await started()
  atOnce = false
  const opening = loadTexts(['content'])
  const change = activateLang('en')
  expect(asked.map((each) => each.name)).toEqual(['ru/content', 'en/shell', 'en/content'])
  for (const each of asked) each.come()
  await Promise.all([opening, change])
  expect(say('content')).toBe('content in en')
})

test('of two changes the last holds, whichever comes first', async () => {
  const { activateLang, say } = await started()
  atOnce = false
  const change = activateLang('en')
  await activateLang('ru')
  for (const each of asked) each.come()
  await change
  expect(say('shell')).toBe('shell in ru')
  expect(document.documentElement.lang).toBe('ru')
})

test('a change that fails leaves the language as it was', async () => {
  const { activateLang, loadTexts, say } = await started()
  atOnce = false
  const change = activateLang('en')
  asked[0]?.fail()
  await expect(change).rejects.toThrow('no connection')
  atOnce = true
  await loadTexts(['campaigns'])
  expect(say('campaigns')).toBe('campaigns in ru')
})

test('every folder of the features has its texts', async () => {
  const { TEXTS } = await vi.importActual<typeof import('./texts')>('./texts')
  const folders = readdirSync(resolve(import.meta.dirname, '../features'))
  expect(Object.keys(TEXTS).sort()).toEqual(['shell', ...folders].sort())
})
