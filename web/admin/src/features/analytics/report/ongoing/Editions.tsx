import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../../components/AppLink'
import { Panel } from '../../../../components/Page'
import type { LetterFigures } from '../../../../lib/api/types'
import { useFormat } from '../../../../lib/format/useFormat'
import css from '../Report.module.css'

interface EditionsProps {
  rows: LetterFigures[]
  /** The edition that the report is of; null: all. */
  chosen: string | null
  hrefOf: (edition: string) => string
}

/** The letters of each edition: of a receipt that was rewritten, which one works better. */
export function Editions({ rows, chosen, hrefOf }: EditionsProps) {
  const { t } = useLingui()
  const format = useFormat()
  const share = (part: number, whole: number) => {
    const value = whole ? part / whole : 0
    return <small>{whole ? format.percent(value, value < 0.1 ? 2 : 1) : null}</small>
  }
  return (
    <Panel
      title={t({ context: 'transactional', message: 'Letters by edition' })}
      hint={t`Letters here, people below: who got three receipts is one person. Editions followed each other and were not drawn by chance, so a difference may come from the time.`}
      flush
    >
      <div className={css.scroller} tabIndex={0} role="group" aria-label={t({ context: 'transactional', message: 'Letters by edition' })}>
        <table className={css.table} aria-label={t({ context: 'transactional', message: 'Letters by edition' })}>
          <thead>
            <tr>
              <th scope="col">
                <Trans context="transactional">Edition</Trans>
              </th>
              <th scope="col">
                <Trans>Letters</Trans>
              </th>
              <th scope="col">
                <Trans>Delivered</Trans>
              </th>
              <th scope="col">
                <Trans>Not accepted</Trans>
              </th>
              <th scope="col">
                <Trans>Opened</Trans>
              </th>
              <th scope="col">
                <Trans>by machines</Trans>
              </th>
              <th scope="col">
                <Trans>Clicked</Trans>
              </th>
              <th scope="col">
                <Trans>by machines</Trans>
              </th>
              <th scope="col">
                <Trans>Complained</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.edition} data-chosen={row.edition === chosen || undefined}>
                <th scope="row">
                  <AppLink href={hrefOf(row.edition)} aria-current={row.edition === chosen || undefined}>
                    {t({ context: 'transactional', message: `Edition ${row.edition}` })}
                  </AppLink>
                  <div className={css.when}>
                    {format.date(row.first_at) === format.date(row.last_at)
                      ? format.date(row.first_at)
                      : t({ context: 'dates', message: `${format.date(row.first_at)} – ${format.date(row.last_at)}` })}
                  </div>
                </th>
                <td data-strong>{format.number(row.messages)}</td>
                <td>
                  {format.number(row.delivered)}
                  {share(row.delivered, row.sent)}
                </td>
                <td>
                  {format.number(row.bounced + row.failed)}
                  {share(row.bounced + row.failed, row.sent)}
                </td>
                <td>
                  {format.number(row.opened_person)}
                  {share(row.opened_person, row.delivered)}
                </td>
                <td>
                  {format.number(row.opened_machine)}
                  <small />
                </td>
                <td>
                  {format.number(row.clicked_person)}
                  {share(row.clicked_person, row.delivered)}
                </td>
                <td>
                  {format.number(row.clicked_machine)}
                  <small />
                </td>
                <td>
                  {format.number(row.complained)}
                  {share(row.complained, row.delivered)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
