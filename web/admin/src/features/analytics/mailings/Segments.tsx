import { Button, MultiSelect, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import { ErrorNote } from '../../../components/States'
import { mailingsSegmentsCsvUrl, mailingsSegmentsQuery } from '../../../lib/api/endpoints/analytics'
import { segmentChoicesQuery } from '../../../lib/api/endpoints/segments'
import type { SegmentsReport } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { type Asked, type MailingsSearch, peopleHref, queryOf, SEGMENTS_MAX } from './asked'
import { changeOf } from './changes'
import { type TotalFigure, useShowFigure, useTotalFigures } from './figures'
import css from './Mailings.module.css'
import { ChangeNote, hasPeople } from './Totals'

interface SegmentsProps {
  asked: Asked
  search: MailingsSearch
  rule: string
  /** The chosen ones, with commas; nothing: none. */
  onChange: (segments: string | undefined) => void
}

/** The same figures for several segments side by side, everybody first. */
export function Segments({ asked, search, rule, onChange }: SegmentsProps) {
  const { t } = useLingui()
  const choices = useQuery(segmentChoicesQuery)
  const { segments } = asked
  // The row of everybody stands here whichever segment the rest of the page is of.
  const query = queryOf({ ...asked, segment: undefined })
  const { data, error, refetch, isPlaceholderData } = useQuery(mailingsSegmentsQuery(query, segments))
  return (
    <Panel
      title={t`Segments side by side`}
      hint={t`Orders and revenue: ${rule}. Every figure opens the list of its people.`}
      flush
      actions={
        segments.length > 0 && (
          <Button
            component="a"
            variant="default"
            size="compact-sm"
            href={mailingsSegmentsCsvUrl(query, segments)}
            download
            leftSection={<IconDownload size={16} />}
          >
            <Trans>CSV</Trans>
          </Button>
        )
      }
    >
      <div className={css.bar}>
        <MultiSelect
          aria-label={t`Segments to compare`}
          placeholder={segments.length === 0 ? t`Choose segments` : undefined}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t`Clear` }}
          hidePickedOptions
          maxValues={SEGMENTS_MAX}
          nothingFoundMessage={t`No such segment`}
          data={(choices.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={segments}
          onChange={(ids) => onChange(ids.join(',') || undefined)}
        />
      </div>
      {segments.length > 0 &&
        (error ? (
          <div className={css.bar}>
            <ErrorNote error={error} retry={() => void refetch()} />
          </div>
        ) : !data ? (
          <div className={css.bar}>
            <Skeleton height={280} />
          </div>
        ) : (
          <div aria-busy={isPlaceholderData} className={css.stack} data-waiting={isPlaceholderData}>
            <SegmentsTable data={data} search={search} />
          </div>
        ))}
    </Panel>
  )
}

function SegmentsTable({ data, search }: { data: SegmentsReport; search: MailingsSearch }) {
  const { t } = useLingui()
  const format = useFormat()
  const show = useShowFigure(data.currency)
  const { letters, orders } = useTotalFigures()
  // Segments are of different sizes: what comes to one reader can be held side by side.
  const perReader: TotalFigure = {
    id: 'per_reader',
    label: t`Revenue from letters per reader`,
    kind: 'money',
    of: (totals) => (totals.people ? totals.attributed_revenue / totals.people : null),
    people: 'attributed',
    good: 1,
  }
  return (
    <>
      <div className={css.scroller} tabIndex={0} role="group" aria-label={t`Segments side by side`}>
        <table className={css.table} aria-label={t`Segments side by side`}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">
                  <Trans>Figure</Trans>
                </span>
              </th>
              {data.segments.map(({ segment }) => (
                <th key={segment?.id ?? 'all'} scope="col" className={css.named}>
                  {segment ? <AppLink href={`/segments/${segment.id}`}>{segment.name}</AppLink> : t`Everybody`}
                  <div>
                    {segment &&
                      (segment.count === null ? t`not counted yet` : t`${format.number(segment.count)} people`)}
                  </div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...letters, ...orders, perReader].map((figure) => (
              <tr key={figure.id}>
                <th scope="row">{figure.label}</th>
                {data.segments.map(({ segment, totals, totals_against: other }) => {
                  const shown = show(figure.kind, figure.of(totals))
                  const then = other && figure.of(other)
                  const change = other && changeOf(figure.of(totals), then, figure.kind, figure.good)
                  return (
                    <td key={segment?.id ?? 'all'}>
                      {hasPeople(figure, totals) ? (
                        <AppLink href={peopleHref(search, { figure: figure.people, segment: segment?.id ?? null })}>
                          {shown}
                        </AppLink>
                      ) : (
                        shown
                      )}
                      {change && <ChangeNote change={change} kind={figure.kind} then={show(figure.kind, then)} />}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={css.method}>
        <Trans>
          A segment is who is in it now, as it was last recalculated, not on the day of a letter: a segment of buyers
          has bought because it is one. Who is in several counts in each.
        </Trans>
      </p>
    </>
  )
}
