import { Group, NumberInput, Select } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import type { AmountTest } from '../../../lib/rules/types'

interface AmountInputProps {
  label: string
  test: AmountTest
  onChange: (test: AmountTest) => void
}

/** At least, at most or between: for money and other numbers. */
export function AmountInput({ label, test, onChange }: AmountInputProps) {
  const { t } = useLingui()
  const from = 'amount' in test ? test.amount : test.low
  return (
    <>
      <Select
        aria-label={t`${label}: how to compare`}
        w={130}
        value={test.op}
        data={[
          { value: 'at_least', label: t`at least` },
          { value: 'at_most', label: t`at most` },
          { value: 'between', label: t`between` },
        ]}
        onChange={(op) =>
          onChange(
            op === 'between'
              ? { op, low: from, high: from * 2 || 100 }
              : { op: op === 'at_most' ? 'at_most' : 'at_least', amount: from },
          )
        }
      />
      {'amount' in test ? (
        <NumberInput
          aria-label={label}
          w={110}
          value={test.amount}
          onChange={(amount) => onChange({ ...test, amount: Number(amount) || 0 })}
        />
      ) : (
        <Group gap={4} wrap="nowrap">
          <NumberInput
            aria-label={t`${label}: from`}
            w={110}
            value={test.low}
            onChange={(low) => onChange({ ...test, low: Number(low) || 0 })}
          />
          –
          <NumberInput
            aria-label={t`${label}: to`}
            w={110}
            error={test.low > test.high}
            value={test.high}
            onChange={(high) => onChange({ ...test, high: Number(high) || 0 })}
          />
        </Group>
      )}
    </>
  )
}
