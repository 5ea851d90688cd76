import { useComputedText } from '../../components/computedText'
import { Trans } from '@lingui/react/macro'

import type { ComputedWhy } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Computed.module.css'

/** The facts that a value is worked out of, latest first. */
export function Facts({ why }: { why: ComputedWhy }) {
  const format = useFormat()
  const say = useComputedText()
  if (why.facts.length === 0) {
    return (
      <div className={css.dim}>
        <Trans>No facts, so there is no value.</Trans>
      </div>
    )
  }
  const number = (value: number) => format.number(Math.round(value * 100) / 100)
  return (
    <>
      <table className={css.facts}>
        <tbody>
          {why.facts.map((fact, index) => (
            <tr key={index}>
              <td>
                {fact.times === 0 ? (
                  <Trans>cut by the cap of “{fact.what}”</Trans>
                ) : (
                  <>
                    {fact.what}
                    {fact.times > 1 && ` × ${format.number(fact.times)}`}
                  </>
                )}
                <div className={css.dim}>
                  {fact.at !== null ? format.dateTime(fact.at) : fact.day !== null && format.date(fact.day)}
                </div>
              </td>
              {fact.counted !== null ? (
                <td>
                  {number(fact.counted)}
                  {fact.points !== null && fact.points !== fact.counted && (
                    <div className={css.dim}>
                      <Trans>of {number(fact.points)}</Trans>
                    </div>
                  )}
                </td>
              ) : (
                <td>{fact.value !== null && say(fact.value)}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {why.more > 0 && (
        <div className={css.dim}>
          <Trans>and {format.number(why.more)} more</Trans>
        </div>
      )}
    </>
  )
}
