import { Skeleton, UnstyledButton } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { Page } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { meQuery } from '../../lib/api/endpoints/accounts'
import { createLetter, startersQuery } from '../../lib/api/endpoints/content'
import type { LetterInput } from '../../lib/api/types'
import css from './NewLetter.module.css'

const EMPTY_MJML = `<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text></mj-text>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text font-size="12px" align="center"><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`
const EMPTY_HTML = `<!doctype html>
<html>
  <body>
    <p></p>
    <p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>
  </body>
</html>
`

interface Card {
  key: string
  name: string
  detail: string
  letter: LetterInput
}

const CARDS = 4

/** A line as its reader sees it, as far as that is known before there is a reader. */
const shown = (line: string, workspace: string) =>
  line.replace(/\{\{\s*workspace\.name\s*\}\}/g, workspace).replace(/\{[{%].*?[%}]\}/g, '')

/** What to begin with: a ready letter, or an empty one in either language. */
export function NewLetter() {
  const { t, i18n } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const starters = useQuery(startersQuery)
  const create = useMutation({
    mutationFn: createLetter,
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['letters'] })
      router.history.replace(`/letters/${made.id}`)
    },
  })
  const inLanguage = (source: string) =>
    i18n.locale === 'ru' ? source.replace('>Unsubscribe<', '>Отписаться<') : source
  const empty = (kind: 'mjml' | 'html'): LetterInput => ({
    name: t`New letter`,
    kind,
    subject: '',
    preheader: '',
    source: inLanguage(kind === 'mjml' ? EMPTY_MJML : EMPTY_HTML),
    text: '',
  })
  const ready = (starters.data ?? []).map((starter): Card => {
    const { key, lang, ...letter } = starter
    return { key: `${key}-${lang}`, name: letter.name, detail: shown(letter.preheader || letter.subject, me?.workspace.name ?? ''), letter }
  })
  const blank: Card[] = [
    {
      key: 'mjml',
      name: t`Empty MJML`,
      detail: t`A short markup that becomes a letter fit for every mail program.`,
      letter: empty('mjml'),
    },
    {
      key: 'html',
      name: t`Empty HTML`,
      detail: t`For a ready layout: it is sent as it is, with styles put into the tags.`,
      letter: empty('html'),
    },
  ]
  return (
    <Page title={t`New letter`} back={{ href: '/letters', label: t`Letters` }} subtitle={t`What do you begin with?`}>
      {create.error && <ErrorNote error={create.error} />}
      {starters.error && <ErrorNote error={starters.error} retry={() => void starters.refetch()} />}
      <div className={css.cards} aria-busy={create.isPending || starters.isLoading}>
        {starters.isLoading
          ? // As many as there will be cards, so that nothing moves when they come.
            Array.from({ length: CARDS }, (_, index) => <Skeleton key={index} height={96} />)
          : [...ready, ...blank].map((card) => (
              <UnstyledButton
                key={card.key}
                className={css.card}
                disabled={create.isPending}
                onClick={() => create.mutate(card.letter)}
              >
                <strong>{card.name}</strong>
                <span>{card.detail}</span>
              </UnstyledButton>
            ))}
      </div>
    </Page>
  )
}
