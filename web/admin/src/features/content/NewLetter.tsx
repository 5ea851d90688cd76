import { SimpleGrid, Skeleton, UnstyledButton } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { Page } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { createLetter, startersQuery } from '../../lib/api/endpoints/content'
import type { LetterInput, Starter } from '../../lib/api/types'
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

/** What to begin with: a ready letter, or an empty one in either language. */
export function NewLetter() {
  const { t, i18n } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
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
  const begin = ({ name, kind, subject, preheader, source, text }: Starter): LetterInput => ({
    name,
    kind,
    subject,
    preheader,
    source,
    text,
  })
  return (
    <Page title={t`New letter`} back={{ href: '/letters', label: t`Letters` }} subtitle={t`What do you begin with?`}>
      {create.error && <ErrorNote error={create.error} />}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing={16} aria-busy={create.isPending}>
        {starters.isLoading && <Skeleton height={96} />}
        {starters.data?.map((starter) => (
          <UnstyledButton key={starter.key} className={css.card} onClick={() => create.mutate(begin(starter))}>
            <strong>{starter.name}</strong>
            <span>{starter.preheader || starter.subject}</span>
          </UnstyledButton>
        ))}
        <UnstyledButton className={css.card} onClick={() => create.mutate(empty('mjml'))}>
          <strong>{t`Empty MJML`}</strong>
          <span>{t`A short markup that becomes a letter fit for every mail program.`}</span>
        </UnstyledButton>
        <UnstyledButton className={css.card} onClick={() => create.mutate(empty('html'))}>
          <strong>{t`Empty HTML`}</strong>
          <span>{t`For a ready layout: it is sent as it is, with styles put into the tags.`}</span>
        </UnstyledButton>
      </SimpleGrid>
    </Page>
  )
}
