import { SegmentedControl, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { MomentField } from '../../../../components/MomentField'
import { comparable, nameOf } from '../core/conditions'
import type { BlockOf } from '../core/document'
import { useEditorContext } from '../EditorContext'
import type { Change } from './BlockSettings'
import { LineField } from './LineField'
import css from './Settings.module.css'

export default function CountdownFields({ block, change }: { block: BlockOf<'countdown'>; change: Change }) {
  const { t } = useLingui()
  const { variables } = useEditorContext()
  const dates = comparable(variables)
    .filter((one) => one.type === 'date')
    .map((one) => ({ value: one.name, label: nameOf(variables, one.name) }))
  const isMoment = !Number.isNaN(Date.parse(block.until))
  const inAWeek = () => `${new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 16)}:00Z`
  return (
    <>
      {dates.length > 0 && (
        <SegmentedControl
          fullWidth
          aria-label={t`Until when`}
          value={isMoment ? 'moment' : 'trait'}
          onChange={(kind) => change({ until: kind === 'moment' ? inAWeek() : (dates[0]?.value ?? '') })}
          data={[
            { value: 'moment', label: t`A moment` },
            { value: 'trait', label: t`A date of the customer` },
          ]}
        />
      )}
      {isMoment ? (
        <MomentField label={t`Until`} value={block.until} onChange={(until) => until && change({ until })} />
      ) : (
        <Select
          label={t`Date`}
          searchable
          data={dates.some(({ value }) => value === block.until) ? dates : [...dates, { value: block.until, label: block.until || '…' }]}
          value={block.until}
          onChange={(until) => until && change({ until })}
        />
      )}
      <SegmentedControl
        fullWidth
        aria-label={t`What is counted`}
        value={block.units}
        onChange={(units) => change({ units })}
        data={[
          { value: 'days', label: t`Days` },
          { value: 'hours', label: t`Hours` },
        ]}
      />
      <LineField label={t`When the time is over`} value={block.done_text} maxLength={300} onChange={(text) => change({ done_text: text })} />
      <p className={css.hint}>
        <Trans>A letter can't change after it is sent: it says how long it is from the moment of sending.</Trans>
      </p>
    </>
  )
}
