import { Group, NumberInput, Select } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import { COUNT_WORDS } from '../../../components/rules/words'
import { withCountOp } from '../../../lib/rules/tests'
import type { CountTest } from '../../../lib/rules/types'

interface CountInputProps {
  label: string
  test: CountTest
  onChange: (test: CountTest) => void
}

const OPS: CountTest['op'][] = ['at_least', 'exactly', 'at_most', 'between']

export function CountInput({ label, test, onChange }: CountInputProps) {
  const { t, i18n } = useLingui()
  return (
    <>
      <Select
        aria-label={t`${label}: how to compare`}
        w={130}
        value={test.op}
        data={OPS.map((op) => ({ value: op, label: i18n._(COUNT_WORDS[op]) }))}
        onChange={(op) => op && onChange(withCountOp(test, op as CountTest['op']))}
      />
      {'n' in test ? (
        <NumberInput
          aria-label={t`${label}: how many times`}
          w={72}
          min={0}
          allowDecimal={false}
          value={test.n}
          onChange={(n) => onChange({ ...test, n: Number(n) || 0 })}
        />
      ) : (
        <Group gap={4} wrap="nowrap">
          <NumberInput
            aria-label={t`${label}: from`}
            w={72}
            min={0}
            allowDecimal={false}
            value={test.low}
            onChange={(low) => onChange({ ...test, low: Number(low) || 0 })}
          />
          –
          <NumberInput
            aria-label={t`${label}: to`}
            w={72}
            min={0}
            allowDecimal={false}
            error={test.low > test.high}
            value={test.high}
            onChange={(high) => onChange({ ...test, high: Number(high) || 0 })}
          />
        </Group>
      )}
    </>
  )
}
