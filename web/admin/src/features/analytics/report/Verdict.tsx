import { Trans, useLingui } from '@lingui/react/macro'

import { Note } from '../../../components/States'
import { Ago, DateTime } from '../../../components/Time'
import type { Report } from '../../../lib/api/types'
import css from './Report.module.css'

type Tone = 'good' | 'bad' | 'dim'

const TONES: Record<string, Tone> = { better: 'good', early_better: 'good', worse: 'bad', early_worse: 'bad' }

/** The colour beside a verdict: only of what is certain, and says one thing. */
export const toneOf = (verdict: Report['verdict']): Tone => TONES[verdict.code] ?? 'dim'

export function Verdict({ report }: { report: Report }) {
  const { t } = useLingui()
  const { needed } = report.verdict
  return (
    <section className={css.verdict} data-tone={toneOf(report.verdict)} aria-label={t`Verdict`}>
      <p>{report.verdict.text}</p>
      {needed.length > 0 && (
        <ul aria-label={t`How many people it takes to know`}>
          {needed.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <footer>
        {!report.campaign.goal ? (
          <Trans>
            As of <Ago at={report.as_of} />.
          </Trans>
        ) : report.complete || !report.window_ends_at ? (
          <Trans>
            As of <Ago at={report.as_of} />. The window of the target action is over.
          </Trans>
        ) : (
          <Trans>
            As of <Ago at={report.as_of} />. Target actions are counted until{' '}
            <DateTime at={report.window_ends_at} />: the figures may still change.
          </Trans>
        )}
      </footer>
      {report.sample_ratio && !report.sample_ratio.ok && (
        <div style={{ marginTop: 12 }}>
          <Note level="warning">
            <Trans>
              The groups differ in size more than chance allows, so the comparison cannot be trusted. The
              likely cause is a part of one group that was left out.
            </Trans>
          </Note>
        </div>
      )}
    </section>
  )
}
