import { Skeleton } from '@mantine/core'
import { useIntersection } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Fragment, useState } from 'react'

import { Panel } from '../../../../components/Page'
import { ErrorNote } from '../../../../components/States'
import { hitsQuery } from '../../../../lib/api/endpoints/clicks'
import type { ReportOf } from '../../../../lib/api/reportOf'
import type { HitGroup } from '../../../../lib/api/types'
import { useFormat } from '../../../../lib/format/useFormat'
import reportCss from '../Report.module.css'
import css from './Clicks.module.css'

const VERDICTS = ['person', 'machine', 'scanner'] as const

/** Who opened and clicked, and by which sign: nothing that machines did is thrown away. */
export function Hits({ of }: { of: ReportOf }) {
  const { t } = useLingui()
  const [seen, setSeen] = useState(false)
  const { ref, entry } = useIntersection({ rootMargin: '400px' })
  if (entry?.isIntersecting && !seen) setSeen(true)
  const { data, error, refetch } = useQuery({ ...hitsQuery(of), enabled: seen })
  return (
    <Panel
      title={t`People, mailboxes and scanners`}
      hint={t`Every opening and every click, with the sign by which it was told. Only people count in the figures above.`}
      flush
    >
      <div ref={ref}>
        {error ? (
          <div className={css.padded}>
            <ErrorNote error={error} retry={() => void refetch()} />
          </div>
        ) : data ? (
          <Shown groups={data} />
        ) : (
          <div className={css.padded} style={{ minHeight: 152 }}>
            {seen && <Skeleton height={120} />}
          </div>
        )}
      </div>
    </Panel>
  )
}

function Shown({ groups }: { groups: HitGroup[] }) {
  const { t } = useLingui()
  const format = useFormat()
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
                    <td>{format.number(group.opened_people)}</td>
                    <td data-strong>{format.number(group.clicks)}</td>
                    <td>{format.number(group.clicked_people)}</td>
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
