import { Collapse, SimpleGrid, Stack, TextInput, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'

import type { JsonFields } from '../../../lib/api/types'
import css from './Feeds.module.css'

export const NO_FIELDS: JsonFields = {
  items: '',
  id: '',
  title: '',
  link: '',
  summary: '',
  picture: '',
  published: '',
  categories: '',
}

interface JsonFieldsFormProps {
  value: JsonFields
  onChange: (fields: JsonFields) => void
}

/** Where a JSON file keeps what; what is left empty is guessed by usual names. */
export function JsonFieldsForm({ value, onChange }: JsonFieldsFormProps) {
  const { t } = useLingui()
  const [opened, { toggle }] = useDisclosure(Object.values(value).some(Boolean))
  const fields: [keyof JsonFields, string, string][] = [
    ['items', t`List of items`, 'data.posts'],
    ['id', t`ID`, 'id'],
    ['title', t`Title`, 'title'],
    ['link', t`Link`, 'url'],
    ['summary', t`Summary`, 'description'],
    ['picture', t`Picture`, 'image.src'],
    ['published', t`Date of publication`, 'published_at'],
    ['categories', t`Categories`, 'tags'],
  ]
  return (
    <Stack gap={8}>
      <UnstyledButton className={css.dim} aria-expanded={opened} onClick={toggle}>
        <Trans>For JSON: where things are</Trans> {opened ? '▴' : '▾'}
      </UnstyledButton>
      <Collapse expanded={opened}>
        <Stack gap={8}>
          <span className={css.dim}>
            <Trans>Names with dots between them. What is left empty is found by its usual names.</Trans>
          </span>
          <SimpleGrid cols={2} spacing={8}>
            {fields.map(([name, label, example]) => (
              <TextInput
                key={name}
                label={label}
                placeholder={example}
                maxLength={200}
                value={value[name]}
                onChange={(event) => onChange({ ...value, [name]: event.currentTarget.value })}
              />
            ))}
          </SimpleGrid>
        </Stack>
      </Collapse>
    </Stack>
  )
}
