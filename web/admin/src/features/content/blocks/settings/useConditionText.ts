import { useLingui } from '@lingui/react/macro'

import { nameOf, needsValue, OP_WORDS } from '../core/conditions'
import type { Condition, ConditionTest } from '../core/document'
import { useEditorContext } from '../EditorContext'

/** Says a condition as a sentence. */
export function useConditionText(): (condition: Condition) => string {
  const { t, i18n } = useLingui()
  const { variables } = useEditorContext()
  const testText = ({ path, op, value }: ConditionTest) => {
    const name = nameOf(variables, path)
    if (!needsValue(op)) return `${name} ${i18n._(OP_WORDS[op])}`
    const text = String(value ?? '')
    const said = value === true ? t`yes` : value === false ? t`no` : t`“${text}”`
    return `${name} ${i18n._(OP_WORDS[op])} ${said}`
  }
  return ({ test, match }) => {
    const tests = test.map(testText)
    return tests.join(` ${match === 'all' ? t`and` : t`or`} `)
  }
}
