import { ActionIcon, Button, Group, NumberInput, SegmentedControl, Select, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'

import { comparable, nameOf, needsValue, OP_WORDS, opsOf, testOf, withOp } from '../core/conditions'
import type { Condition, ConditionTest, TestOp } from '../core/document'
import { useEditorContext } from '../EditorContext'
import css from './Settings.module.css'
import { useConditionText } from './useConditionText'

interface ConditionFieldsProps {
  value: Condition | null | undefined
  onChange: (value: Condition | undefined) => void
}

const TESTS_MAX = 10

/** "Show only to…": tests of what is known of the reader, and the sentence they make. */
export function ConditionFields({ value, onChange }: ConditionFieldsProps) {
  const { t } = useLingui()
  const { variables } = useEditorContext()
  const textOf = useConditionText()
  const tests = value?.test ?? []
  const first = comparable(variables)[0]
  const set = (test: ConditionTest[]) =>
    onChange(test.length ? { match: value?.match ?? 'all', test } : undefined)
  const add = () => first && set([...tests, testOf(first.name, first.type)])
  return (
    <Stack gap={8}>
      {tests.length === 0 ? (
        <p className={css.hint}>
          <Trans>Everybody sees it.</Trans>
        </p>
      ) : (
        value && (
          <p className={css.sentence} aria-live="polite">
            <Trans>Only those see it: {textOf(value)}.</Trans>
          </p>
        )
      )}
      {tests.length > 1 && value && (
        <SegmentedControl
          aria-label={t`How the conditions are joined`}
          value={value.match}
          onChange={(match) => onChange({ ...value, match: match as Condition['match'] })}
          data={[
            { value: 'all', label: t`all hold` },
            { value: 'any', label: t`any holds` },
          ]}
        />
      )}
      {tests.map((test, index) => (
        <TestRow
          key={index}
          test={test}
          onChange={(next) => set(tests.map((one, at) => (at === index ? next : one)))}
          onRemove={() => set(tests.filter((_, at) => at !== index))}
        />
      ))}
      {tests.length < TESTS_MAX && (
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} disabled={!first} onClick={add}>
          {tests.length ? t`Another condition` : t`Show only to…`}
        </Button>
      )}
    </Stack>
  )
}

interface TestRowProps {
  test: ConditionTest
  onChange: (test: ConditionTest) => void
  onRemove: () => void
}

function TestRow({ test, onChange, onRemove }: TestRowProps) {
  const { t, i18n } = useLingui()
  const { variables } = useEditorContext()
  const offered = comparable(variables)
  const type = offered.find(({ name }) => name === test.path)?.type
  const choices = offered.map((one) => ({ value: one.name, label: nameOf(variables, one.name) }))
  if (!offered.some(({ name }) => name === test.path)) choices.push({ value: test.path, label: nameOf(variables, test.path) })
  return (
    <div className={css.test}>
      <Group gap={4} wrap="nowrap">
        <Select
          flex={1}
          searchable
          aria-label={t`What is looked at`}
          data={choices}
          value={test.path}
          onChange={(path) => path && onChange(testOf(path, offered.find(({ name }) => name === path)?.type))}
        />
        <ActionIcon aria-label={t`Remove the condition`} onClick={onRemove}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
      <Group gap={4} wrap="nowrap">
        <Select
          flex={1}
          aria-label={t`Comparison`}
          data={opsOf(type).map((op) => ({ value: op, label: i18n._(OP_WORDS[op]) }))}
          value={test.op}
          onChange={(op) => op && onChange(withOp(test, op as TestOp, type))}
        />
        {needsValue(test.op) && <ValueField test={test} type={type} onChange={onChange} />}
      </Group>
    </div>
  )
}

interface ValueFieldProps {
  test: ConditionTest
  type: string | undefined
  onChange: (test: ConditionTest) => void
}

function ValueField({ test, type, onChange }: ValueFieldProps) {
  const { t } = useLingui()
  const set = (value: ConditionTest['value']) => onChange({ ...test, value })
  if (type === 'bool') {
    return (
      <Select
        flex={1}
        aria-label={t`Value`}
        data={[
          { value: 'true', label: t`yes` },
          { value: 'false', label: t`no` },
        ]}
        value={String(test.value ?? true)}
        onChange={(value) => set(value === 'true')}
      />
    )
  }
  if (type === 'number') {
    return (
      <NumberInput
        flex={1}
        aria-label={t`Value`}
        value={typeof test.value === 'number' ? test.value : ''}
        onChange={(value) => typeof value === 'number' && set(value)}
      />
    )
  }
  return (
    <TextInput
      flex={1}
      aria-label={t`Value`}
      type={type === 'date' ? 'date' : 'text'}
      value={String(test.value ?? '')}
      onChange={(event) => set(event.currentTarget.value)}
    />
  )
}
