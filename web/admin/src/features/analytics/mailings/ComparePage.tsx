import { ActionIcon, Button, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../../components/AppLink'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { comparedCsvUrl, comparedQuery } from '../../../lib/api/endpoints/analytics'
import type { ComparedMailing, ReportFigure } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { peopleHref } from '../report/figures'
import { SegmentChoice } from '../report/SegmentChoice'
import { toneOf } from '../report/Verdict'
import { lettersOf } from './compared'
import { Lifts } from './Lifts'
import css from './Mailings.module.css'
import { COMPARED_MAX } from './MailingsTable'

const route = getRouteApi('/inside/reports/compare')

/** Several mailings side by side: what they were answered with, and what they changed. */
export function ComparePage() {
  const { t } = useLingui()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const ids = search.ids ? [...new Set(search.ids.split(','))].slice(0, COMPARED_MAX) : []
  const { segment } = search
  const { data, error, refetch } = useQuery(comparedQuery(ids, segment))
  const set = (change: { ids?: string; segment?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
  const drop = (id: string) => set({ ids: ids.filter((one) => one !== id).join(',') })
  return (
    <Page
      title={t`Comparison of mailings`}
      back={{ href: '/reports', label: t`Reports` }}
      subtitle={t`Rates depend on whom a letter went to; the lift against its own control group does not.`}
      actions={
        data && (
          <Button
            component="a"
            variant="default"
            href={comparedCsvUrl(ids, segment)}
            download
            leftSection={<IconDownload size={16} />}
          >
            <Trans>CSV</Trans>
          </Button>
        )
      }
    >
      <div className={css.stack}>
        {ids.length === 0 ? (
          <Panel>
            <Empty
              title={t`No mailings are chosen`}
              action={
                <Button component={AppLink} href="/reports">
                  <Trans>Choose mailings</Trans>
                </Button>
              }
            >
              <Trans>Tick from 2 to {COMPARED_MAX} mailings in the table of the reports.</Trans>
            </Empty>
          </Panel>
        ) : error ? (
          <ErrorNote error={error} retry={() => void refetch()} />
        ) : !data ? (
          <>
            <Skeleton height={160} />
            <Skeleton height={320} />
          </>
        ) : (
          <>
            <SegmentChoice segment={segment} onChange={(chosen) => set({ segment: chosen })} />
            <Verdicts mailings={data} />
            <Rates mailings={data} segment={segment} {...(ids.length > 2 && { onDrop: drop })} />
            <Lifts mailings={data} metric="targets" title={t`Lift of the target action`} />
            <Lifts mailings={data} metric="revenue_per_person" title={t`Lift of revenue per person`} />
          </>
        )}
      </div>
    </Page>
  )
}

function Verdicts({ mailings }: { mailings: ComparedMailing[] }) {
  const { t } = useLingui()
  return (
    <Panel title={t`Verdicts`} flush>
      <ul className={css.verdicts}>
        {mailings.map(({ campaign, verdict }) => (
          <li key={campaign.id} data-tone={toneOf(verdict)}>
            <AppLink href={`/mailings/${campaign.id}`}>{campaign.name}</AppLink>
            <p>{verdict.text}</p>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

interface RatesProps {
  mailings: ComparedMailing[]
  /** Of whose people the rates are; nothing: of everybody. */
  segment: string | undefined
  /** Takes one out, while enough are left. */
  onDrop?: (id: string) => void
}

/** The letters of each mailing together, without its control group. */
function Rates({ mailings, segment, onDrop }: RatesProps) {
  const { t } = useLingui()
  const format = useFormat()
  const columns = mailings.map((mailing) => ({ mailing, letters: lettersOf(mailing) }))
  const percent = (part: number, whole: number) =>
    whole ? format.percent(part / whole, part / whole < 0.1 && part > 0 ? 2 : 1) : NOTHING
  type Column = (typeof columns)[number]
  const rows: { label: string; of: (column: Column) => string; figure?: ReportFigure }[] = [
    { label: t`People in the groups with letters`, figure: 'assigned', of: ({ letters }) => format.number(letters.assigned) },
    { label: t`Delivered`, figure: 'delivered', of: ({ letters }) => percent(letters.delivered, letters.sent) },
    { label: t`Opened by people`, figure: 'opened_person', of: ({ letters }) => percent(letters.opened_person, letters.delivered) },
    { label: t`Clicked by people`, figure: 'clicked_person', of: ({ letters }) => percent(letters.clicked_person, letters.delivered) },
    { label: t`Unsubscribed`, figure: 'unsubscribed', of: ({ letters }) => percent(letters.unsubscribed, letters.delivered) },
    { label: t`Complained`, figure: 'complained', of: ({ letters }) => percent(letters.complained, letters.delivered) },
    { label: t`Not accepted`, figure: 'bounced', of: ({ letters }) => percent(letters.bounced, letters.sent) },
    {
      label: t`Target action`,
      of: ({ mailing }) => mailing.campaign.goal?.event ?? NOTHING,
    },
    {
      label: t`Did the target action`,
      figure: 'targets',
      of: ({ mailing, letters }) => (mailing.campaign.goal ? percent(letters.targets, letters.assigned) : NOTHING),
    },
    {
      label: t`Revenue per person`,
      figure: 'targets',
      of: ({ mailing, letters }) =>
        mailing.campaign.goal?.revenue_property && letters.assigned
          ? format.money(Math.round((letters.revenue / letters.assigned) * 100) / 100, mailing.campaign.currency)
          : NOTHING,
    },
  ]
  return (
    <Panel title={t`Rates`} flush>
      <div className={css.scroller} tabIndex={0} role="group" aria-label={t`Rates`}>
        <table className={css.table} aria-label={t`Rates`}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">
                  <Trans>Figure</Trans>
                </span>
              </th>
              {columns.map(({ mailing: { campaign } }) => (
                <th key={campaign.id} scope="col" className={css.named}>
                  <AppLink href={`/mailings/${campaign.id}`}>{campaign.name}</AppLink>
                  {onDrop && (
                    <ActionIcon
                      size={22}
                      ml={4}
                      aria-label={t`Take “${campaign.name}” out`}
                      onClick={() => onDrop(campaign.id)}
                    >
                      <IconX size={14} />
                    </ActionIcon>
                  )}
                  <div>{campaign.launched_at && format.date(campaign.launched_at)}</div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.label}>
                <th scope="row">{row.label}</th>
                {columns.map((column) => (
                  <td key={column.mailing.campaign.id}>
                    {row.figure && column.letters[row.figure as keyof typeof column.letters] ? (
                      <AppLink
                        href={peopleHref(
                          { kind: 'campaign', id: column.mailing.campaign.id, ...(segment && { asked: { segment } }) },
                          { figure: row.figure, lettered: true },
                        )}
                      >
                        {row.of(column)}
                      </AppLink>
                    ) : (
                      row.of(column)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
