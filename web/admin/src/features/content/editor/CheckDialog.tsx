import { Modal, Skeleton, Stack } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { ErrorNote, Note } from '../../../components/States'
import { letterGapsQuery, letterLinksQuery } from '../../../lib/api/endpoints/content'
import type { LinkStatus } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Letter.module.css'

const LEVELS: Record<LinkStatus['state'], 'ok' | 'info' | 'warning' | 'error'> = {
  fine: 'ok',
  moved: 'info',
  guarded: 'info',
  broken: 'error',
  unreachable: 'warning',
}

/** What only the world can tell of a letter: whether its links answer, and who lacks what it shows. */
export function CheckDialog({ letterId, onClose }: { letterId: string; onClose: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const said = ({ state, status, leads_to, reason }: LinkStatus): string => {
    if (state === 'fine') return t`answers`
    if (state === 'moved') return leads_to ? t`leads on to ${leads_to}` : t`leads on to another address`
    if (state === 'guarded') return t`does not let programs in; open it yourself`
    if (state === 'broken') return t`answers with an error: ${status ?? 0}`
    return reason ?? t`does not answer`
  }
  const gaps = useQuery(letterGapsQuery(letterId))
  const links = useQuery(letterLinksQuery(letterId))
  return (
    <Modal opened onClose={onClose} size="lg" title={t`Links and gaps`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={16}>
        <section aria-label={t`Links`} className={css.checks}>
          <h3>
            <Trans>Links</Trans>
          </h3>
          {links.error ? (
            <ErrorNote error={links.error} retry={() => void links.refetch()} />
          ) : !links.data ? (
            <Skeleton height={64} />
          ) : links.data.length === 0 ? (
            <Note level="info">
              <Trans>The letter has no links that could be asked.</Trans>
            </Note>
          ) : (
            links.data.map((link) => (
              <Note key={link.url} level={LEVELS[link.state]}>
                <span style={{ overflowWrap: 'anywhere' }}>{link.url}</span>
                <br />
                {said(link)}
              </Note>
            ))
          )}
        </section>
        <section aria-label={t`Unknown to some`} className={css.checks}>
          <h3>
            <Trans>Unknown to some</Trans>
          </h3>
          {gaps.error ? (
            <ErrorNote error={gaps.error} retry={() => void gaps.refetch()} />
          ) : !gaps.data ? (
            <Skeleton height={64} />
          ) : gaps.data.length === 0 ? (
            <Note level="ok">
              <Trans>Everything that the letter shows is known of everybody, or has words to stand in for it.</Trans>
            </Note>
          ) : (
            gaps.data.map(({ trait, lacking, people }) => (
              <Note key={trait} level="warning">
                <strong>{trait}</strong>:{' '}
                <Plural value={lacking} one="not known of # customer" other="not known of # customers" />{' '}
                <Trans>of {format.number(people)}. Write what to show instead: | default: "…".</Trans>
              </Note>
            ))
          )}
        </section>
      </Stack>
    </Modal>
  )
}
