import { ActionIcon, Button, Popover, ScrollArea, TextInput, Tooltip } from '@mantine/core'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconBraces, IconRepeat, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { ErrorNote } from '../../../components/States'
import { letterVariablesQuery } from '../../../lib/api/endpoints/content'
import type { LetterVariable } from '../../../lib/api/types'
import css from './Variables.module.css'

const GROUP_WORDS: Record<LetterVariable['group'], ReturnType<typeof msg>> = {
  customer: msg`Customer`,
  computed: msg`Scores and computed traits`,
  order: msg`Latest order`,
  line: msg`A line of an order`,
  event: msg`Latest event of a customer`,
  articles: msg`Items of feeds`,
  item: msg`An item, in a loop or a repeated row`,
  system: msg`Letter and sender`,
}
const TYPE_WORDS: Record<LetterVariable['type'], ReturnType<typeof msg>> = {
  string: msg`text`,
  number: msg`number`,
  bool: msg`yes or no`,
  date: msg`date`,
  list: msg`list`,
  object: msg`object`,
}
const GROUPS: LetterVariable['group'][] = ['customer', 'computed', 'order', 'line', 'event', 'articles', 'item', 'system']
const LINES_LOOP = '{% for line in last_order.lines %}\n{{ line.name }} × {{ line.quantity }}\n{% endfor %}'
const ORDERS_LOOP = '{% for order in orders %}\n{{ order.number }}: {{ order.total | number: 2 }}\n{% endfor %}'

/** What stands in the letter for a variable: a date in the reader's way, a list as a loop. */
export function snippetOf(variable: Pick<LetterVariable, 'name' | 'type'>): string {
  if (variable.name === 'orders') return ORDERS_LOOP
  if (variable.name === 'last_order.lines') return LINES_LOOP
  if (variable.name === 'articles' || variable.name.startsWith('feeds.')) {
    return `{% for item in ${variable.name} %}\n{{ item.title }}: {{ item.link }}\n{% endfor %}`
  }
  if (variable.type === 'list' && variable.name.startsWith('events.')) {
    return `{% for item in ${variable.name} %}\n{{ item.name | default: item }}\n{% endfor %}`
  }
  if (variable.type === 'list') return `{{ ${variable.name} | join: ", " }}`
  if (variable.type === 'date') return `{{ ${variable.name} | date: "%d.%m.%Y" }}`
  return `{{ ${variable.name} }}`
}

/** A text to stand there for those of whom it is not known; braces and quotes would end it. */
function withFallback(variable: Pick<LetterVariable, 'name' | 'type'>, fallback: string): string {
  const words = fallback.replace(/["{}]/g, '').trim()
  const snippet = snippetOf(variable)
  if (!words || variable.type === 'list' || !snippet.startsWith('{{')) return snippet
  return snippet.replace(`{{ ${variable.name}`, `{{ ${variable.name} | default: "${words}"`)
}

interface VariablesProps {
  profileId: number | null
  onInsert: (snippet: string) => void
  /** A button of a toolbar: the icon alone. */
  isCompact?: boolean
}

/** Everything that can be put into the letter, with its type and a value of a real customer. */
export function Variables({ profileId, onInsert, isCompact = false }: VariablesProps) {
  const { t, i18n } = useLingui()
  const [isOpen, setOpen] = useState(false)
  const [search, setSearch] = useState('')
  const [fallback, setFallback] = useState('')
  const variables = useQuery({ ...letterVariablesQuery(profileId), enabled: isOpen })
  const wanted = search.trim().toLowerCase()
  const found = (variables.data ?? []).filter((one) =>
    [one.name, one.title, i18n._(GROUP_WORDS[one.group])].some((text) => text.toLowerCase().includes(wanted)),
  )
  const insert = (snippet: string) => {
    setOpen(false)
    onInsert(snippet)
  }
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        {isCompact ? (
          <ActionIcon
            size={28}
            title={t`Insert a variable`}
            aria-label={t`Insert a variable`}
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            <IconBraces size={16} />
          </ActionIcon>
        ) : (
          <Button
            variant="default"
            leftSection={<IconBraces size={16} />}
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            <Trans>Variables</Trans>
          </Button>
        )}
      </Popover.Target>
      <Popover.Dropdown p={0} c="var(--text)" aria-label={t`Variables of the letter`}>
        <div className={css.panel}>
        <div className={css.search}>
          <TextInput
            type="search"
            aria-label={t`Find a variable`}
            placeholder={t`Find a variable`}
            leftSection={<IconSearch size={16} aria-hidden />}
            data-autofocus
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <TextInput
            mt={8}
            label={t`If it is not known, write`}
            placeholder={t`nothing`}
            value={fallback}
            onChange={(event) => setFallback(event.currentTarget.value)}
          />
        </div>
        {variables.error && <ErrorNote error={variables.error} />}
        <ScrollArea.Autosize mah={380} type="auto">
          {GROUPS.map((group) => {
            const rows = found.filter((one) => one.group === group)
            if (rows.length === 0) return null
            return (
              <section key={group} aria-label={i18n._(GROUP_WORDS[group])}>
                <div className={css.head}>
                  {i18n._(GROUP_WORDS[group])}
                  {group === 'line' && (
                    <Tooltip label={t`Insert a loop over the lines of the latest order`}>
                      <ActionIcon
                        size={24}
                        aria-label={t`Insert a loop over the lines of the latest order`}
                        onClick={() => insert(LINES_LOOP)}
                      >
                        <IconRepeat size={14} />
                      </ActionIcon>
                    </Tooltip>
                  )}
                </div>
                {rows.map((one) => (
                  <button
                    key={one.name}
                    type="button"
                    className={css.row}
                    onClick={() => insert(withFallback(one, fallback))}
                  >
                    <span className={css.name}>
                      {one.title ? one.title : one.name}
                      {one.title && <span className={css.dim}> {one.name}</span>}
                    </span>
                    <span className={`${css.dim} ${css.type}`}>{i18n._(TYPE_WORDS[one.type])}</span>
                    <span className={css.sample}>{one.sample}</span>
                  </button>
                ))}
              </section>
            )
          })}
          {variables.data && found.length === 0 && (
            <p className={css.empty}>
              <Trans>There is no such variable.</Trans>
            </p>
          )}
        </ScrollArea.Autosize>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
