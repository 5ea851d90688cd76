import { Skeleton } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import { ErrorNote } from '../../../components/States'
import { duplicatesQuery } from '../../../lib/api/endpoints/people'
import dup from '../duplicates/Duplicates.module.css'
import { PairItem } from '../duplicates/PairItem'
import css from './Card.module.css'

const SHOWN = 3

/** Who else this person may be. */
export function DuplicatesPanel({ id }: { id: number }) {
  const { t } = useLingui()
  const list = useInfiniteQuery(duplicatesQuery({ profile_id: id, least: 0.5 }))
  const pairs = list.data?.pages.flatMap((page) => page.items)
  return (
    <Panel
      title={t`Possible duplicates`}
      actions={
        <AppLink href="/customers/duplicates">
          <Trans>All</Trans>
        </AppLink>
      }
    >
      {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton height={20} />}
      {pairs?.length === 0 && (
        <span className={css.dim}>
          <Trans>None found by the last search.</Trans>
        </span>
      )}
      {pairs && pairs.length > 0 && (
        <ul className={`${dup.list} ${css.narrow}`}>
          {pairs.slice(0, SHOWN).map((pair) => (
            <PairItem key={`${pair.left.id}-${pair.right.id}`} pair={pair} />
          ))}
        </ul>
      )}
      {pairs && pairs.length > SHOWN && (
        <span className={css.dim}>
          <Plural value={pairs.length - SHOWN} one="and # more" other="and # more" />
        </span>
      )}
    </Panel>
  )
}
