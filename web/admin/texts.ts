/** Splits the two catalogues into texts per section, so that a screen loads only what it says.
 *
 * Translators keep one file for each language: it says of every text which files of the code use it
 * (`#:`), and that is what the split goes by. A section is a folder of `src/features` together with
 * the shared parts it is made of; `shell` is the frame, which is there before any section.
 * `import('virtual:texts/ru/campaigns')` gives the compiled texts of one section in one language.
 */

import { readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { createCompiledCatalog } from '@lingui/cli/api'
import { formatter } from '@lingui/format-po'
import type { Plugin } from 'vite'

const SRC = resolve(import.meta.dirname, 'src')
const FEATURES = join(SRC, 'features')
const PREFIX = 'virtual:texts/'
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g

/** Returns what can be reached from the files, without what is stopped at. */
export function reach(
  from: Iterable<string>,
  next: (file: string) => Iterable<string>,
  stops: (file: string) => boolean = () => false,
): Set<string> {
  const seen = new Set<string>()
  const waiting = [...from]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file) || stops(file)) continue
    seen.add(file)
    waiting.push(...next(file))
  }
  return seen
}

/** Returns the folder of `src/features` that holds the file, if one does. */
export function sectionOf(file: string): string | undefined {
  return file.startsWith(`${FEATURES}/`) ? relative(FEATURES, file).split('/')[0] : undefined
}

/** Returns which files make up each section; `next` tells what a file imports. */
export function splitFiles(
  files: readonly string[],
  next: (file: string) => Iterable<string>,
): Map<string, Set<string>> {
  const frame = files.filter((file) => file.startsWith(join(SRC, 'app')) || file === join(SRC, 'main.tsx'))
  const shell = reach(frame, next, (file) => sectionOf(file) !== undefined)
  const sections = new Map([['shell', shell]])
  for (const name of readdirSync(FEATURES)) {
    const own = files.filter((file) => sectionOf(file) === name)
    sections.set(name, reach(own, next))
  }
  return sections
}

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.test|\.d)\.tsx?$/.test(name))
    .map((name) => join(SRC, name))
}

function imported(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].flatMap(([, target]) => {
    const path = resolve(dirname(file), target as string)
    const found = [`${path}.ts`, `${path}.tsx`].find((name) => statSync(name, { throwIfNoEntry: false }))
    return found ? [found] : []
  })
}

const catalogueOf = (lang: string) => join(SRC, 'locales', `${lang}.po`)

/** Returns the texts of every section in one language, by their numbers. */
async function textsOf(lang: string): Promise<Map<string, Record<string, string>>> {
  const catalogue = await formatter().parse(readFileSync(catalogueOf(lang), 'utf8'), {
    locale: lang,
    sourceLocale: 'en',
    filename: catalogueOf(lang),
  })
  const texts = new Map<string, Record<string, string>>()
  for (const [section, files] of splitFiles(sourceFiles(), imported)) {
    const names = new Set([...files].map((file) => relative(import.meta.dirname, file)))
    const shell = texts.get('shell') ?? {}
    const own = Object.entries(catalogue).filter(
      ([id, text]) => !(id in shell) && text.origin?.some(([name]) => names.has(name)),
    )
    texts.set(section, Object.fromEntries(own.map(([id, text]) => [id, text.translation || text.message || id])))
  }
  return texts
}

/** The number of a text, as the code of a build names it. */
const ID = /["']([\w-]{6})["']/g

/** Serves `virtual:texts/LANG/SECTION`, and holds a build to it that no section lacks a text.
 *
 * The texts are wanted before all the code has been read, so the split reads the imports itself. At
 * the end of a build the code is known as it will run, and every text in it is looked up.
 */
export function sectionTexts(): Plugin {
  let isBuild = false
  const read = new Map<string, ReturnType<typeof textsOf>>()
  const readOnce = (lang: string) => {
    const texts = read.get(lang) ?? textsOf(lang)
    read.set(lang, texts)
    return texts
  }
  return {
    name: 'section-texts',
    configResolved: (config) => {
      isBuild = config.command === 'build'
    },
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    watchChange: () => read.clear(),
    async load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return
      const [lang = '', section = ''] = id.slice(PREFIX.length + 1).split('/')
      this.addWatchFile(catalogueOf(lang))
      const own = (await readOnce(lang)).get(section)
      if (!own) this.error(`There is no section "${section}" in src/features.`)
      const { source, errors } = createCompiledCatalog(lang, own, { namespace: 'es' })
      if (errors.length) this.error(`${lang}.po: ${errors.map((each) => each.error.message).join('; ')}`)
      return { code: source, map: null, moduleType: 'js' }
    },
    async buildEnd(error) {
      if (error || !isBuild) return
      const texts = await readOnce('en')
      const known = new Set([...texts.values()].flatMap((own) => Object.keys(own)))
      const shell = texts.get('shell') ?? {}
      const files = [...this.getModuleIds()].filter((id) => id.startsWith(`${SRC}/`))
      const next = (id: string) => {
        const info = this.getModuleInfo(id)
        const all = info ? [...info.importedIds, ...info.dynamicallyImportedIds] : []
        return all.filter((each) => each.startsWith(`${SRC}/`))
      }
      for (const [section, own] of splitFiles(files, next)) {
        for (const file of own) {
          for (const [, id = ''] of (this.getModuleInfo(file)?.code ?? '').matchAll(ID)) {
            if (known.has(id) && !(id in shell) && !(id in (texts.get(section) ?? {}))) {
              this.error(
                `${relative(SRC, file)} says a text that the section "${section}" does not bring. ` +
                  'Files were moved: run tools/ui.py extract.',
              )
            }
          }
        }
      }
    },
  }
}
