import { Group, NumberInput, Slider } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { Panel } from '../../../components/Page'
import type { SectionProps } from './MailingEditor'

const MAX = 90

export function ControlSection({ draft, change, isReadOnly }: SectionProps) {
  const { t } = useLingui()
  const set = (share: number) => change({ control_share: share })
  return (
    <Panel
      id="control"
      title={t`Control group`}
      hint={t`These people get nothing. Without them nobody can tell what the mailing changed.`}
    >
      <Group gap={16} wrap="nowrap" align="center">
        <Slider
          flex={1}
          maw={420}
          min={0}
          max={MAX}
          step={5}
          label={null}
          thumbLabel={t`Share of the control group, per cent`}
          disabled={isReadOnly}
          marks={[0, 10, 20, 50, MAX].map((value) => ({ value, label: String(value) }))}
          mb={16}
          value={draft.control_share}
          onChange={set}
        />
        <NumberInput
          aria-label={t`Share of the control group, per cent`}
          w={88}
          suffix=" %"
          min={0}
          max={MAX}
          allowDecimal={false}
          disabled={isReadOnly}
          value={draft.control_share}
          onChange={(share) => typeof share === 'number' && set(share)}
        />
      </Group>
      {draft.control_share === 0 && (
        <p style={{ margin: '8px 0 0', fontSize: 13, color: 'var(--text-dim)' }}>
          <Trans>
            The report will compare only the variants with each other. Whether the mailing was worth
            sending will stay unknown.
          </Trans>
        </p>
      )}
    </Panel>
  )
}
