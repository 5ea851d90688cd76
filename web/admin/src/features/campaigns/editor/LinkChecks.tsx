import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQueries } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { letterLinksQuery } from '../../../lib/api/endpoints/content'
import type { CampaignInput, LinkStatus } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { CheckLine } from './Checks'
import css from './Editor.module.css'

const BAD = new Set<LinkStatus['state']>(['broken', 'unreachable'])

/** Whether the links of the letters answer; the network is asked once in ten minutes. */
export function LinkChecks({ draft }: { draft: CampaignInput }) {
  const { t } = useLingui()
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
  if (!may('edit') || letters.length === 0) return null
  const bad = found.flatMap(({ data }, place) =>
    (data ?? []).filter(({ state }) => BAD.has(state)).map((link) => ({ link, letter: letters[place] })),
  )
  const asked = new Set(found.flatMap(({ data }) => (data ?? []).map(({ url }) => url)))
  return (
    <>
      {bad.map(({ link, letter }) => (
        <CheckLine key={`${letter}-${link.url}`} level="warn">
          <AppLink href={`/letters/${letter}`}>
            {link.state === 'broken'
              ? t`The link ${link.url} answers with an error: ${link.status ?? 0}.`
              : t`The link ${link.url} does not answer.`}
          </AppLink>
        </CheckLine>
      ))}
      {found.some(({ isFetching }) => isFetching) ? (
        <li className={css.dim} role="status">
          <Trans>Asking the links whether they answer…</Trans>
        </li>
      ) : (
        bad.length === 0 &&
        asked.size > 0 && (
          <CheckLine level="ok">
            <span>
              <Plural value={asked.size} one="The link of the letters answers." other="All # links of the letters answer." />
            </span>
          </CheckLine>
        )
      )}
    </>
  )
}
