import { expect, it } from 'vitest'

import type { ConsentText } from '../../lib/api/types'
import { byText } from './consentTexts'

const text = (name: string, lang: string, version: number): ConsentText => ({
  id: `${name}-${lang}-${version}`,
  name,
  lang,
  version,
  text: '',
  hash: '',
  created_at: '2026-11-21T00:00:00Z',
})

it('puts the newest version first and keeps languages apart', () => {
  const groups = byText([text('Form', 'ru', 1), text('Form', 'en', 9), text('Form', 'ru', 10), text('App', 'en', 1)])
  expect(groups.map((group) => group.map((one) => one.id))).toEqual([
    ['App-en-1'],
    ['Form-en-9'],
    ['Form-ru-10', 'Form-ru-1'],
  ])
})
