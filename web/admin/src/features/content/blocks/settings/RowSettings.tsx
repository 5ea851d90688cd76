import { NumberInput, Select, Stack, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { lists, nameOf } from '../core/conditions'
import type { Row } from '../core/document'
import { changeRow } from '../core/edit'
import { layoutOf, setLayout } from '../core/layouts'
import { useEditorContext } from '../EditorContext'
import { SaveRow } from '../saved/SaveRow'
import { ColourField } from './ColourField'
import { ConditionFields } from './ConditionFields'
import { LayoutPicker } from './LayoutPicker'
import { NumberField } from './NumberField'
import { Part } from './Part'
import css from './Settings.module.css'

const REPEAT_MAX = 20
const REPEAT_FIRST = 5
const ITEM_EXAMPLE = '{{ item.name }}, {{ item.price }}'

export function RowSettings({ row }: { row: Row }) {
  const { t } = useLingui()
  const { apply, theme, variables } = useEditorContext()
  const change = (patch: Partial<Row>) =>
    apply((document) => changeRow(document, row.id, patch), `${row.id}.${Object.keys(patch).join()}`)
  const offered = lists(variables).map((one) => ({ value: one.name, label: nameOf(variables, one.name) }))
  const { repeat } = row
  const example = ITEM_EXAMPLE
  if (repeat && !offered.some(({ value }) => value === repeat.over)) offered.push({ value: repeat.over, label: repeat.over })
  return (
    <>
      <Part title={t({ context: 'letter', message: 'Columns' })}>
        <LayoutPicker
          value={layoutOf(row)}
          onChange={(layout) => apply((document) => setLayout(document, row.id, layout))}
        />
        {row.columns.length > 1 && (
          <Switch
            mt={10}
            label={t`One below the other on a phone`}
            checked={row.stack !== false}
            onChange={(event) => change({ stack: event.currentTarget.checked })}
          />
        )}
      </Part>
      <Part title={t`Look`}>
        <div className={css.two}>
          <ColourField
            label={t`Background`}
            value={row.background}
            inherited={theme.content_background}
            onChange={(background) => change({ background })}
          />
          <NumberField
            label={t`Space above and below`}
            value={row.padding}
            min={0}
            max={80}
            suffix={t` px`}
            inherited={8}
            onChange={(padding) => change({ padding })}
          />
        </div>
      </Part>
      <Part title={t`Who sees it`}>
        <ConditionFields value={row.show_if} onChange={(show_if) => change({ show_if })} />
      </Part>
      <Part title={t`Repeat`}>
        <Stack gap={8}>
          <Select
            label={t`For each item of a list`}
            placeholder={t`Not repeated`}
            clearable
            data={offered}
            value={repeat?.over ?? null}
            onChange={(over) => change({ repeat: over ? { over, limit: repeat?.limit ?? REPEAT_FIRST } : undefined })}
          />
          {repeat && (
            <>
              <NumberInput
                label={t`At most`}
                min={1}
                max={REPEAT_MAX}
                allowDecimal={false}
                clampBehavior="blur"
                hideControls={false}
                value={repeat.limit}
                onChange={(limit) =>
                  typeof limit === 'number' && limit >= 1 && limit <= REPEAT_MAX && change({ repeat: { ...repeat, limit } })
                }
              />
              <p className={css.hint}>
                <Trans>
                  Inside the row the item is called item: {example}.
                </Trans>
              </p>
            </>
          )}
        </Stack>
      </Part>
      <Part>
        <SaveRow row={row} />
      </Part>
    </>
  )
}
