import { SegmentedControl, Skeleton } from '@mantine/core'
import { useIntersection } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Fragment, useState } from 'react'

import { AppLink } from '../../../../components/AppLink'
import { Panel } from '../../../../components/Page'
import { ErrorNote } from '../../../../components/States'
import { hitsQuery } from '../../../../lib/api/endpoints/clicks'
import type { ReportOf } from '../../../../lib/api/reportOf'
import type { HitGroup } from '../../../../lib/api/types'
import { useFormat } from '../../../../lib/format/useFormat'
import { peopleHref } from '../figures'
import reportCss from '../Report.module.css'
import css from './Clicks.module.css'

type Part = 'first' | 'rest'

const VERDICTS = ['person', 'machine', 'scanner'] as const

/** Who opened and clicked, and by which sign: nothing that machines did is thrown away. */
export function Hits({ of, hasRest }: { of: ReportOf; hasRest: boolean }) {
  const { t } = useLingui()
  const [part, setPart] = useState<Part>('first')
  const [seen, setSeen] = useState(false)
  const { ref, entry } = useIntersection({ rootMargin: '400px' })
  if (entry?.isIntersecting && !seen) setSeen(true)
  const { data, error, refetch } = useQuery({ ...hitsQuery(of, part), enabled: seen })
  return (
    <Panel
      title={t`People, mailboxes and scanners`}
      hint={t`Every opening and every click, with the sign by which it was told. Only people count in the figures above.`}
      flush
      actions={
        hasRest && (
          <SegmentedControl
            size="xs"
            aria-label={t`Part of the mailing`}
            value={part}
            onChange={(value) => setPart(value === 'rest' ? 'rest' : 'first')}
            data={[
              { value: 'first', label: t`First part` },
              { value: 'rest', label: t`The rest` },
            ]}
          />
        )
      }
    >
      <div ref={ref}>
        {error ? (
          <div className={css.padded}>
            <ErrorNote error={error} retry={() => void refetch()} />
          </div>
        ) : data ? (
          <Shown groups={data} of={of} part={part} />
        ) : (
          <div className={css.padded} style={{ minHeight: 152 }}>
            {seen && <Skeleton height={120} />}
          </div>
        )}
      </div>
    </Panel>
  )
}

function Shown({ groups, of, part }: { groups: HitGroup[]; of: ReportOf; part: Part }) {
  const { t } = useLingui()
  const format = useFormat()
  const people = (figure: 'opened' | 'clicked', { verdict, reason }: HitGroup, count: number) =>
    count === 0 ? (
      format.number(count)
    ) : (
      <AppLink href={peopleHref(of, { figure, verdict, sign: reason, part })}>{format.number(count)}</AppLink>
    )
  const names = {
    person: t`People`,
    machine: t`Mailboxes by themselves`,
    scanner: t`Scanners and robots`,
  }
  return (
    <div
      className={reportCss.scroller}
      tabIndex={0}
      role="group"
      aria-label={t`People, mailboxes and scanners`}
    >
      <table className={reportCss.table} aria-label={t`People, mailboxes and scanners`}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Sign</Trans>
            </th>
            <th scope="col">
              <Trans>Openings</Trans>
            </th>
            <th scope="col">
              <Trans>of people</Trans>
            </th>
            <th scope="col">
              <Trans>Clicks</Trans>
            </th>
            <th scope="col">
              <Trans>of people</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {VERDICTS.map((verdict) => {
            const own = groups.filter((group) => group.verdict === verdict)
            if (!own.length) return null
            return (
              <Fragment key={verdict}>
                <tr>
                  <th scope="rowgroup" colSpan={5} className={css.verdict} data-strong>
                    {names[verdict]}
                  </th>
                </tr>
                {own.map((group) => (
                  <tr key={group.reason}>
                    <th scope="row" className={css.where}>
                      {group.what}
                    </th>
                    <td data-strong>{format.number(group.openings)}</td>
                    <td>{people('opened', group, group.opened_people)}</td>
                    <td data-strong>{format.number(group.clicks)}</td>
                    <td>{people('clicked', group, group.clicked_people)}</td>
                  </tr>
                ))}
              </Fragment>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
