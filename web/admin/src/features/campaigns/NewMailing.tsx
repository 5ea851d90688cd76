import { Skeleton, UnstyledButton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { Page } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { ErrorNote } from '../../components/States'
import { Ago } from '../../components/Time'
import { campaignsQuery, templatesQuery } from '../../lib/api/endpoints/campaigns'
import type { Campaign } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './NewMailing.module.css'
import { type Beginning, useBegin } from './templates/useBegin'

const COPIES_SHOWN = 9

/** What to begin with; nothing is made before something is chosen. */
export function NewMailing() {
  const { t } = useLingui()
  const begin = useBegin()
  const templates = useQuery(templatesQuery)
  const [search, setSearch] = useState('')
  const former = useInfiniteQuery(campaignsQuery(search ? { search } : {}))
  const mailings = former.data?.pages.flatMap((page) => page.items).slice(0, COPIES_SHOWN)
  const card = (beginning: Beginning, name: ReactNode, detail: ReactNode) => (
    <UnstyledButton
      key={beginning.id ?? beginning.from}
      className={css.card}
      disabled={begin.isPending}
      onClick={() => begin.mutate(beginning)}
    >
      <strong>{name}</strong>
      {detail && <span>{detail}</span>}
    </UnstyledButton>
  )
  return (
    <Page
      title={t`New mailing`}
      back={{ href: '/mailings', label: t`Mailings` }}
      subtitle={t`What do you begin with?`}
    >
      {begin.error && <ErrorNote error={begin.error} />}
      <div className={css.cards} aria-busy={begin.isPending}>
        {card(
          { from: 'empty' },
          t`Empty mailing`,
          t`One letter, a control group of 10%; everything is chosen on one page and saves itself.`,
        )}
      </div>
      {templates.error ? (
        <ErrorNote error={templates.error} retry={() => void templates.refetch()} />
      ) : (
        templates.data &&
        templates.data.length > 0 && (
          <section aria-labelledby="new-templates">
            <h2 className={css.heading} id="new-templates">
              <Trans>Templates</Trans>
              <AppLink href="/mailings/templates">
                <Trans>All templates</Trans>
              </AppLink>
            </h2>
            <div className={css.cards} aria-busy={begin.isPending}>
              {templates.data.map((template) =>
                card({ from: 'template', id: template.id }, template.name, template.description),
              )}
            </div>
          </section>
        )
      )}
      {(search !== '' || mailings === undefined || mailings.length > 0) && (
        <section aria-labelledby="new-copies">
          <h2 className={css.heading} id="new-copies">
            <Trans>A copy of a former mailing</Trans>
          </h2>
          <div style={{ marginBottom: 12 }}>
            <SearchInput placeholder={t`Find a mailing`} value={search} onChange={setSearch} />
          </div>
          {former.error && <ErrorNote error={former.error} retry={() => void former.refetch()} />}
          <div className={css.cards} aria-busy={begin.isPending || former.isFetching}>
            {mailings
              ? mailings.map((campaign) =>
                  card({ from: 'copy', id: campaign.id }, campaign.name || t`Untitled`, <Former campaign={campaign} />),
                )
              : Array.from({ length: 3 }, (_, index) => <Skeleton key={index} height={68} />)}
          </div>
        </section>
      )}
    </Page>
  )
}

function Former({ campaign }: { campaign: Campaign }) {
  const format = useFormat()
  return campaign.launched_at === null ? (
    <Trans>
      Changed <Ago at={campaign.updated_at} />
    </Trans>
  ) : (
    <Trans>
      Sent <Ago at={campaign.launched_at} />, {format.number(campaign.counts.sent)} letters
    </Trans>
  )
}
