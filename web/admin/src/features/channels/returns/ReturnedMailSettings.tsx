import { Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../../components/AppLink'
import { type Column, DataTable } from '../../../components/DataTable'
import { Panel } from '../../../components/Page'
import { useReasonText } from '../../../components/reasons'
import { Empty, ErrorNote, StateLabel } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { returnedMailsQuery } from '../../../lib/api/endpoints/returns'
import type { ReturnedMailItem, ReturnKind, ReturnVerdict } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { Frame } from './Frame'
import { ReturnedMail } from './ReturnedMail'
import { providerName, useReturnKinds, useReturnVerdicts, VERDICT_TONES } from './words'

const route = getRouteApi('/inside/settings/returned-mail')

/** Bounces, complaints, automatic replies and answers, newest first. */
export function ReturnedMailSettings() {
  const { t } = useLingui()
  const may = useAccess()
  const kinds = useReturnKinds()
  const verdicts = useReturnVerdicts()
  const reasonText = useReasonText()
  const { kind, verdict, mail } = route.useSearch()
  const navigate = route.useNavigate()
  const set = (change: { kind?: string | undefined; verdict?: string | undefined; mail?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const list = useInfiniteQuery(
    returnedMailsQuery({
      ...(kind && { kind: kind as ReturnKind }),
      ...(verdict && { verdict: verdict as ReturnVerdict }),
    }),
  )
  const rows = list.data?.pages.flatMap((page) => page.items)
  const columns: Column<ReturnedMailItem>[] = [
    {
      id: 'person',
      header: t`From whom or about whom`,
      render: (row) => (
        <bdi style={{ fontWeight: 500, overflowWrap: 'anywhere' }}>
          {row.person?.name || row.person?.email || providerName(row.mail.sender) || t`not known`}
        </bdi>
      ),
    },
    {
      id: 'verdict',
      header: t({ context: 'mail', message: 'Verdict' }),
      render: (row) => (
        <StateLabel tone={row.mail.kind === 'reply' ? 'good' : VERDICT_TONES[row.mail.verdict]}>
          {row.mail.kind === 'reply' ? kinds.reply : verdicts[row.mail.verdict]}
        </StateLabel>
      ),
    },
    {
      id: 'reason',
      header: t`Reason`,
      hide: 'sm',
      render: (row) =>
        row.mail.kind === 'reply' ? (
          <bdi>{row.mail.subject}</bdi>
        ) : (
          reasonText(row.mail.reason, row.mail.reason_text)
        ),
    },
    {
      id: 'mailing',
      header: t`Mailing`,
      hide: 'md',
      render: (row) =>
        row.letter ? <LetterLink letter={row.letter} /> : <span style={{ color: 'var(--text-dim)' }}>—</span>,
    },
    { id: 'at', header: t`When`, hide: 'sm', width: 130, render: (row) => <Ago at={row.mail.received_at} /> },
  ]
  const isFiltered = Boolean(kind ?? verdict)
  return (
    <Frame>
      <Panel
        title={t`Returned mail`}
        hint={t`What came back after letters had left: refusals, complaints, automatic replies and answers of people.`}
        flush
      >
        <DataTable
          label={t`Returned mail`}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.mail.id}
          onOpen={(row) => set({ mail: String(row.mail.id) })}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <>
              <Select
                aria-label={t`Kind`}
                placeholder={t`All kinds`}
                w={{ base: '100%', sm: 200 }}
                clearable
                clearButtonProps={{ 'aria-label': t`All kinds` }}
                data={Object.entries(kinds).map(([value, label]) => ({ value, label }))}
                value={kind ?? null}
                onChange={(value) => set({ kind: value ?? undefined })}
              />
              <Select
                aria-label={t({ context: 'mail', message: 'Verdict' })}
                placeholder={t`All verdicts`}
                w={{ base: '100%', sm: 220 }}
                clearable
                clearButtonProps={{ 'aria-label': t`All verdicts` }}
                data={Object.entries(verdicts).map(([value, label]) => ({ value, label }))}
                value={verdict ?? null}
                onChange={(value) => set({ verdict: value ?? undefined })}
              />
            </>
          }
          empty={
            isFiltered ? (
              <Empty title={t`Nothing fits the filter`} />
            ) : (
              <Empty title={t`Nothing has come back yet`}>
                <Trans>
                  Bounces, complaints and answers appear here by themselves once mail has a way back.
                </Trans>{' '}
                {may('manage') && (
                  <AppLink href="/settings/returned-mail/ways">
                    <Trans>Set up a way back</Trans>
                  </AppLink>
                )}
              </Empty>
            )
          }
        />
      </Panel>
      {mail && <ReturnedMail key={mail} id={Number(mail)} onClose={() => set({ mail: undefined })} />}
    </Frame>
  )
}

export function LetterLink({ letter }: { letter: NonNullable<ReturnedMailItem['letter']> }) {
  return letter.source_kind === 'campaign' ? (
    <AppLink href={`/mailings/${letter.source_id}`}>{letter.mailing_name}</AppLink>
  ) : (
    <span>{letter.mailing_name}</span>
  )
}
