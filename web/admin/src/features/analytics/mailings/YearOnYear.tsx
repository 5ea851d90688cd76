import { Button, Group, Popover, Select, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'

import { useFormat } from '../../../lib/format/useFormat'
import { lastMonths, monthsOfYear, type Span, spanOf } from './periods'

interface YearOnYearProps {
  today: string
  onChoose: (span: Span) => void
}

/** A stretch of the year against the same one a year ago, in one go. */
export function YearOnYear({ today, onChoose }: YearOnYearProps) {
  const { t } = useLingui()
  const format = useFormat()
  const [isOpen, { toggle, close }] = useDisclosure(false)
  const [from, setFrom] = useState(5)
  const [to, setTo] = useState(12)
  const choose = (span: Span) => {
    close()
    onChoose(span)
  }
  const months = Array.from({ length: 12 }, (_, place) => ({
    value: String(place + 1),
    label: new Intl.DateTimeFormat(format.locale, { month: 'long', timeZone: 'UTC' }).format(
      new Date(Date.UTC(2026, place, 15)),
    ),
  }))
  const nameOf = (month: number) => months[month - 1]?.label ?? ''
  return (
    <Popover opened={isOpen} onClose={close} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" onClick={toggle} aria-expanded={isOpen}>
          <Trans>Year on year</Trans>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={12}>
          <Group gap={8}>
            <Button variant="light" size="compact-sm" onClick={() => choose(spanOf('year', today))}>
              <Trans>This year so far</Trans>
            </Button>
            <Button variant="light" size="compact-sm" onClick={() => choose(lastMonths(12, today))}>
              <Trans>The last 12 months</Trans>
            </Button>
          </Group>
          <Group gap={8} align="flex-end">
            <Select
              label={t`From the month`}
              w={136}
              allowDeselect={false}
              data={months}
              value={String(from)}
              comboboxProps={{ withinPortal: false }}
              onChange={(value) => value && setFrom(Number(value))}
            />
            <Select
              label={t`To the month`}
              w={136}
              allowDeselect={false}
              data={months}
              value={String(to)}
              comboboxProps={{ withinPortal: false }}
              onChange={(value) => value && setTo(Number(value))}
            />
          </Group>
          <Button onClick={() => choose(monthsOfYear(from, to, today))}>
            {from === to ? nameOf(from) : t({ context: 'dates', message: `${nameOf(from)} – ${nameOf(to)}` })}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
