import { Trans, useLingui } from '@lingui/react/macro'

import { Note } from '../../components/States'
import type { FeedRemark, FeedReport } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Catalog.module.css'

/** What a feed holds and what is wrong in it, with the lines where to look. */
export function HealthReport({ report }: { report: FeedReport }) {
  const { t } = useLingui()
  const format = useFormat()
  const counts: [string, number][] = [
    [t`Offers`, report.offers],
    [t`Categories`, report.categories],
    [t`Repeated ids`, report.duplicate_ids],
    [t`Unknown categories`, report.unknown_categories],
    [t`Without a price`, report.without_price],
    [t`Without a picture`, report.without_picture],
    [t`Sold out`, report.unavailable],
    [t`With an old price`, report.with_old_price],
  ]
  return (
    <>
      <dl className={css.counts}>
        {counts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}:</dt>
            <dd className="tnum">{format.number(value)}</dd>
          </div>
        ))}
        <div>
          <dt>
            <Trans>Encoding</Trans>:
          </dt>
          <dd>{report.encoding}</dd>
        </div>
      </dl>
      {report.errors.length + report.warnings.length === 0 ? (
        <Note level="ok">
          <Trans>Nothing is wrong in this feed.</Trans>
        </Note>
      ) : (
        <ul className={css.remarks}>
          {report.errors.map((remark) => (
            <Remark key={remark.code} remark={remark} level="error" />
          ))}
          {report.warnings.map((remark) => (
            <Remark key={remark.code} remark={remark} level="warning" />
          ))}
        </ul>
      )}
    </>
  )
}

function Remark({ remark, level }: { remark: FeedRemark; level: 'error' | 'warning' }) {
  const { i18n } = useLingui()
  // A feed without line breaks stands on one line, which need not be told ten times.
  const lines = [...new Set(remark.lines)]
  const shown = lines.join(', ')
  return (
    <li>
      <Note level={level}>
        {i18n.locale === 'ru' ? remark.ru : remark.en}
        {lines.length > 1 && (
          <div className={css.lines}>
            <Trans>Lines: {shown}</Trans>
          </div>
        )}
      </Note>
    </li>
  )
}
