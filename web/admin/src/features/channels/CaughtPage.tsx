import { Button, SegmentedControl, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'

import { notifyError } from '../../components/notify'
import { Page } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote, useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import { meQuery } from '../../lib/api/endpoints/accounts'
import { caughtLetterQuery, caughtLettersQuery, clearCaughtLetters } from '../../lib/api/endpoints/channels'
import { senderWaysQuery } from '../../lib/api/endpoints/relays'
import type { CaughtLetterRow } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { useListKeys } from '../../lib/hooks/useListKeys'
import css from './Caught.module.css'

const route = getRouteApi('/inside/caught')

/** Letters that the built-in catcher took instead of the world. */
export function CaughtPage() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const { q = '', id } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const { data: ways } = useQuery(senderWaysQuery)
  const isPart = ways?.some((way) => way.kind !== 'catcher') ?? false
  const list = useInfiniteQuery(caughtLettersQuery(q))
  const letters = list.data?.pages.flatMap((page) => page.items)
  const open = (letter: CaughtLetterRow) =>
    void navigate({ search: (old) => ({ ...old, id: String(letter.id) }), replace: true })
  const { active } = useListKeys({
    enabled: true,
    count: letters?.length ?? 0,
    onOpen: (index) => letters?.[index] && open(letters[index]),
  })
  const clear = useMutation({
    mutationFn: clearCaughtLetters,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['caught'] })
      void navigate({ search: {}, replace: true })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <Page
      title={t`Caught mail`}
      subtitle={
        !me?.development
          ? t`Letters leave through SMTP servers of your own now; here is what was caught before.`
          : isPart
            ? t`Letters of senders without an SMTP server of their own stay here and reach nobody.`
            : t`In development every letter stays here and reaches nobody.`
      }
      actions={
        may('edit') &&
        letters &&
        letters.length > 0 && (
          <Button variant="default" loading={clear.isPending} onClick={() => clear.mutate()}>
            <Trans>Empty the catcher</Trans>
          </Button>
        )
      }
    >
      <div className={css.layout} data-open={Boolean(id)}>
        <section className={css.list} aria-label={t`Letters`}>
          <div className={css.search}>
            <SearchInput
              wide
              placeholder={t`Address or subject`}
              value={q}
              onChange={(text) => void navigate({ search: { q: text || undefined }, replace: true })}
            />
          </div>
          {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          {!letters && !list.error && <Skeleton height={320} />}
          {letters?.length === 0 && (
            <Empty title={t`No letters`}>
              <Trans>Send a test of a letter or launch a mailing: the letters appear here.</Trans>
            </Empty>
          )}
          <div className={css.rows}>
            {letters?.map((letter, index) => (
              <button
                key={letter.id}
                type="button"
                className={css.row}
                aria-current={String(letter.id) === id}
                data-active={index === active}
                onClick={() => open(letter)}
              >
                <span className={css.between}>
                  <strong>{letter.to}</strong>
                  <Ago at={letter.at} />
                </span>
                <span className={css.subject}>{letter.subject}</span>
              </button>
            ))}
          </div>
          {list.hasNextPage && (
            <Button m={12} variant="default" size="compact-sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              <Trans>Show more</Trans>
            </Button>
          )}
        </section>
        <section className={css.letter} aria-label={t`Letter`}>
          {id ? (
            <CaughtLetterView
              key={id}
              id={Number(id)}
              onBack={() => void navigate({ search: (old) => ({ ...old, id: undefined }), replace: true })}
            />
          ) : (
            <Empty title={t`Choose a letter`}>
              <Trans>Here you see it as the reader does, with its plain text, headers and source.</Trans>
            </Empty>
          )}
        </section>
      </div>
    </Page>
  )
}

type Part = 'html' | 'text' | 'amp' | 'headers' | 'source'

function CaughtLetterView({ id, onBack }: { id: number; onBack: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const [part, setPart] = useState<Part>('html')
  const { data, error } = useQuery(caughtLetterQuery(id))
  const back = (
    <Button className={css.back} variant="subtle" size="compact-sm" onClick={onBack}>
      <Trans>Back to the list</Trans>
    </Button>
  )
  if (error)
    return (
      <>
        {back}
        <ErrorNote error={error} />
      </>
    )
  if (!data) return <Skeleton height="100%" />
  return (
    <>
      <header className={css.head}>
        {back}
        <h2>{data.subject}</h2>
        <div className={css.meta}>
          <span>
            {data.from} → {data.to}
          </span>
          <span>
            {format.dateTime(data.at)}, {format.bytes(data.size_bytes)}
          </span>
        </div>
        <SegmentedControl
          aria-label={t`Part of the letter`}
          value={part}
          onChange={(value) => setPart(value as Part)}
          data={[
            { value: 'html', label: 'HTML' },
            { value: 'text', label: t`Text` },
            ...(data.amp ? [{ value: 'amp', label: 'AMP' }] : []),
            { value: 'headers', label: t`Headers` },
            { value: 'source', label: t`Source` },
          ]}
        />
      </header>
      {part === 'html' && (
        <iframe className={css.frame} title={t`Letter`} sandbox="" srcDoc={data.html} />
      )}
      {part === 'text' && <pre className={css.pre} tabIndex={0}>{data.text}</pre>}
      {part === 'amp' && <pre className={css.pre} tabIndex={0}>{data.amp}</pre>}
      {part === 'source' && <pre className={css.pre} tabIndex={0}>{data.source}</pre>}
      {part === 'headers' && (
        <dl className={css.headers} tabIndex={0}>
          {data.headers.map(([name, value], index) => [
            <dt key={`${index}-name`}>{name}</dt>,
            <dd key={index}>{value}</dd>,
          ])}
        </dl>
      )}
    </>
  )
}
