import { join, resolve } from 'node:path'

import { expect, test } from 'vitest'

import { reach, sectionOf, splitFiles } from './texts'

const src = resolve(import.meta.dirname, 'src')
const file = (name: string) => join(src, name)

test('what is stopped at is neither kept nor looked into', () => {
  const next = (name: string) => ({ a: ['b', 'c'], b: ['a'], c: ['d'] })[name] ?? []
  expect([...reach(['a'], next)].sort()).toEqual(['a', 'b', 'c', 'd'])
  expect([...reach(['a'], next, (name) => name === 'c')].sort()).toEqual(['a', 'b'])
})

test('a section is its own folder and the shared parts it is made of', () => {
  const imports: Record<string, string[]> = {
    'main.tsx': ['app/Shell.tsx'],
    'app/Shell.tsx': ['components/Logo.tsx'],
    'app/MailingPage.tsx': ['features/campaigns/Facts.tsx'],
    'features/campaigns/Facts.tsx': ['components/Pace.tsx'],
    'features/content/Letter.tsx': [],
    'components/Logo.tsx': [],
    'components/Pace.tsx': [],
  }
  const next = (name: string) => (imports[name.slice(src.length + 1)] ?? []).map(file)
  const sections = splitFiles(Object.keys(imports).map(file), next)
  const names = (section: string) =>
    [...(sections.get(section) ?? [])].map((name) => name.slice(src.length + 1)).sort()
  expect(names('shell')).toEqual(['app/MailingPage.tsx', 'app/Shell.tsx', 'components/Logo.tsx', 'main.tsx'])
  expect(names('campaigns')).toEqual(['components/Pace.tsx', 'features/campaigns/Facts.tsx'])
  expect(names('content')).toEqual(['features/content/Letter.tsx'])
})

test('a section is named after the folder of the feature', () => {
  expect(sectionOf(file('features/content/blocks/Canvas.tsx'))).toBe('content')
  expect(sectionOf(file('components/Logo.tsx'))).toBeUndefined()
})
