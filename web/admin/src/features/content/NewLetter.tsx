import { Skeleton, UnstyledButton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { Page } from '../../components/Page'
import { ErrorNote, Note } from '../../components/States'
import { createLetter, startersQuery } from '../../lib/api/endpoints/content'
import type { LetterInput, Starter } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { emptyDocument } from './blocks/core/defaults'
import { writeDocument } from './blocks/core/source'
import { EMPTY_HTML, EMPTY_MJML } from './empty'
import css from './NewLetter.module.css'
import { StarterCard } from './StarterCard'

const CARDS = 12

/** What to begin with: nothing, or a ready letter. */
export function NewLetter() {
  const { t, i18n } = useLingui()
  const may = useAccess()
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
  const empty = (kind: LetterInput['kind'], source: string): LetterInput => ({
    name: t`New letter`,
    kind,
    subject: '',
    preheader: '',
    source,
    text: '',
    amp: '',
  })
  const blank = [
    {
      name: t`From scratch`,
      detail: t`Put together from blocks with the mouse or the keyboard.`,
      letter: () => empty('blocks', writeDocument(emptyDocument((text) => i18n._(text), new Date()))),
    },
    {
      name: t`Empty MJML`,
      detail: t`A short markup that becomes a letter fit for every mail program.`,
      letter: () => empty('mjml', inLanguage(EMPTY_MJML)),
    },
    {
      name: t`Empty HTML`,
      detail: t`For a ready layout: it is sent as it is, with styles put into the tags.`,
      letter: () => empty('html', inLanguage(EMPTY_HTML)),
    },
  ]
  const begin = ({ name, kind, subject, preheader, source, text, amp }: Starter) =>
    create.mutate({ name, kind, subject, preheader, source, text, amp })
  return (
    <Page title={t`New letter`} back={{ href: '/letters', label: t`Letters` }} subtitle={t`What do you begin with?`}>
      {create.error && <ErrorNote error={create.error} />}
      {!may('edit') && (
        <Note level="info">
          <Trans>Your role looks at letters, and does not write them.</Trans>
        </Note>
      )}
      <div className={css.blank} aria-busy={create.isPending}>
        {blank.map((card) => (
          <UnstyledButton
            key={card.name}
            className={css.card}
            disabled={create.isPending || !may('edit')}
            onClick={() => create.mutate(card.letter())}
          >
            <strong>{card.name}</strong>
            <span>{card.detail}</span>
          </UnstyledButton>
        ))}
      </div>
      <h2 className={css.heading}>
        <Trans>Ready letters</Trans>
      </h2>
      {starters.error && <ErrorNote error={starters.error} retry={() => void starters.refetch()} />}
      <div className={css.ready} aria-busy={create.isPending || starters.isLoading}>
        {starters.isLoading
          ? // As many as there will be cards, so that nothing moves when they come.
            Array.from({ length: CARDS }, (_, index) => <Skeleton key={index} height={328} />)
          : starters.data?.map((starter) => (
              <StarterCard
                key={`${starter.key}-${starter.lang}`}
                starter={starter}
                isDisabled={create.isPending || !may('edit')}
                onChoose={() => begin(starter)}
              />
            ))}
      </div>
    </Page>
  )
}
