import { Trans, useLingui } from '@lingui/react/macro'

import { Panel } from '../../../components/Page'
import type { GlobalControlReport } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import report from '../report/Report.module.css'

/** What the comparison rests on: everything that the group is kept out of, by its kind. */
export function ControlCounted({ data }: { data: GlobalControlReport }) {
  const { t } = useLingui()
  const format = useFormat()
  const names: Record<GlobalControlReport['counted'][number]['kind'], string> = {
    mass: t`Mass mailings`,
    regular: t`Runs of regular mailings`,
    transactional: t`Transactional letters that are no service messages`,
  }
  return (
    <Panel
      title={t`What the comparison rests on`}
      hint={t`Everything that the group is kept out of. One person may be meant by several.`}
      flush
    >
      <div className={report.scroller} tabIndex={0} role="group" aria-label={t`What the comparison rests on`}>
        <table className={report.table} aria-label={t`What the comparison rests on`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Kind</Trans>
              </th>
              <th scope="col">
                <Trans>How many</Trans>
              </th>
              <th scope="col">
                <Trans>Meant for people</Trans>
              </th>
              <th scope="col">
                <Trans>Of them kept out</Trans>
              </th>
              <th scope="col">
                <Trans>Letters sent</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.counted.map((one) => (
              <tr key={one.kind}>
                <th scope="row">{names[one.kind]}</th>
                <td>{format.number(one.mailings)}</td>
                <td>{format.number(one.people)}</td>
                <td>{format.number(one.kept)}</td>
                <td>{format.number(one.letters)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
