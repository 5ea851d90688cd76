import { Radio, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { Panel } from '../../components/Page'
import type { ImportFile, ImportOptions } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'

interface QuestionsProps {
  questions: ImportFile['questions']
  options: ImportOptions
  onChange: (part: ImportOptions) => void
}

/** What no value of a column can tell: the person answers, and a guess stands until then. */
export function Questions({ questions, options, onChange }: QuestionsProps) {
  const { t } = useLingui()
  const format = useFormat()
  if (questions.length === 0) return null
  return (
    <Panel
      title={t`What only you can tell`}
      hint={t`These values have two readings, and the file does not say which is meant.`}
    >
      <Stack gap={16}>
        {questions.map((question) => (
          <Radio.Group
            key={`${question.kind}-${question.column}`}
            label={
              question.kind === 'decimal' ? (
                <Trans>
                  The number “{question.sample}” is
                </Trans>
              ) : (
                <Trans>
                  “{question.sample}” in the column “{question.column}” is
                </Trans>
              )
            }
            value={question.answer}
            onChange={(value) =>
              onChange(
                question.kind === 'decimal'
                  ? { decimal: value as ImportOptions['decimal'] }
                  : {
                      date_order_of: {
                        ...options.date_order_of,
                        [question.column]: value as 'dmy' | 'mdy',
                      },
                    },
              )
            }
          >
            <Stack gap={6} mt={6}>
              {question.choices.map((choice) => (
                <Radio
                  key={choice.value}
                  value={choice.value}
                  label={
                    question.kind === 'decimal'
                      ? choice.example
                      : format.date(choice.example.slice(0, 10))
                  }
                />
              ))}
            </Stack>
          </Radio.Group>
        ))}
      </Stack>
    </Panel>
  )
}
