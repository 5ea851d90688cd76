import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../../components/AppLink'
import type { ClickMap, ClickPlace } from '../../../../lib/api/types'
import { useFormat } from '../../../../lib/format/useFormat'
import reportCss from '../Report.module.css'
import css from './Clicks.module.css'

interface ClicksTableProps {
  map: ClickMap
  pointed: number | null
  onPoint: (place: number | null) => void
  hrefOf: (place: ClickPlace) => string | null
}

/** The places of the letter from the top, with who followed them. */
export function ClicksTable({ map, pointed, onPoint, hrefOf }: ClicksTableProps) {
  const { t } = useLingui()
  const format = useFormat()
  return (
    <div className={reportCss.scroller} tabIndex={0} role="group" aria-label={t`Clicks by place`}>
      <table className={reportCss.table} aria-label={t`Clicks by place`}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Place in the letter</Trans>
            </th>
            <th scope="col">
              <Trans>People</Trans>
            </th>
            <th scope="col">
              <Trans>Of delivered</Trans>
            </th>
            <th scope="col">
              <Trans>Machines only</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {map.places.map((one) => {
            const href = hrefOf(one)
            return (
              <tr
                key={`${one.place}-${one.link}-${one.url}`}
                data-chosen={(one.place !== null && one.place === pointed) || undefined}
                onMouseEnter={() => onPoint(one.place)}
                onMouseLeave={() => onPoint(null)}
              >
                <th scope="row" className={css.where}>
                  <span>
                    {one.place === null ? (
                      <em>
                        <Trans>not in this reader's letter</Trans>
                      </em>
                    ) : (
                      <>
                        <b>{one.place + 1}</b> {one.label}
                      </>
                    )}
                  </span>
                  <span className={css.url}>{one.url}</span>
                </th>
                <td data-strong>
                  {href ? (
                    <AppLink href={href}>{format.number(one.people)}</AppLink>
                  ) : (
                    format.number(one.people)
                  )}
                </td>
                <td>{format.percent(one.share)}</td>
                <td>{format.number(one.machines)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
