import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQueries } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { letterLinksQuery } from '../../../lib/api/endpoints/content'
import type { CampaignInput, LinkStatus } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { CheckLine } from './CheckLine'
import css from './Editor.module.css'

const BAD = new Set<LinkStatus['state']>(['broken', 'unreachable'])

interface AskedLinks {
  bad: { link: LinkStatus; letter: string }[]
  /** How many addresses were asked. */
  count: number
  isAsking: boolean
}

/** Whether the links of the letters answer; the network is asked once in ten minutes. */
export function useAskedLinks(draft: CampaignInput): AskedLinks {
  const may = useAccess()
  const letters = [...new Set(draft.variants.flatMap(({ letter_id }) => letter_id ?? []))]
  const found = useQueries({
    queries: letters.map((id) => ({
      ...letterLinksQuery(id),
      enabled: may('edit'),
      staleTime: 600_000,
      gcTime: 600_000,
    })),
  })
  return {
    // An address that stands in several letters is told of once.
    bad: [
      ...new Map(
        found.flatMap(({ data }, place) =>
          (data ?? [])
            .filter(({ state }) => BAD.has(state))
            .map((link) => [link.url, { link, letter: letters[place] ?? '' }] as const),
        ),
      ).values(),
    ],
    count: new Set(found.flatMap(({ data }) => (data ?? []).map(({ url }) => url))).size,
    isAsking: found.some(({ isFetching }) => isFetching),
  }
}

export function BadLinks({ asked: { bad } }: { asked: AskedLinks }) {
  const { t } = useLingui()
  return bad.map(({ link, letter }) => (
    <CheckLine key={`${letter}-${link.url}`} level="warn">
      <AppLink href={`/letters/${letter}`}>
        {link.state === 'broken'
          ? t`The link ${link.url} answers with an error: ${link.status ?? 0}.`
          : t`The link ${link.url} does not answer.`}
      </AppLink>
    </CheckLine>
  ))
}

export function LinksInOrder({ asked: { bad, count, isAsking } }: { asked: AskedLinks }) {
  if (isAsking) {
    return (
      <li className={css.dim} role="status">
        <Trans>Asking the links whether they answer…</Trans>
      </li>
    )
  }
  if (count === 0 || bad.length > 0) return null
  return (
    <CheckLine level="ok">
      <span>
        <Plural value={count} one="The link of the letters answers." other="All # links of the letters answer." />
      </span>
    </CheckLine>
  )
}
