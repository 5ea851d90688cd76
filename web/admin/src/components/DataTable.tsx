import { ActionIcon, Button, Checkbox, Kbd, Menu, Skeleton, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconChevronDown, IconChevronUp, IconColumns3, IconSelector } from '@tabler/icons-react'
import { useRouter } from '@tanstack/react-router'
import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react'

import { useFormat } from '../lib/format/useFormat'
import { useListKeys } from '../lib/hooks/useListKeys'
import { useStored } from '../lib/hooks/useStored'
import { AppLink } from './AppLink'
import css from './DataTable.module.css'

export interface Column<Row> {
  id: string
  header: string
  render: (row: Row) => ReactNode
  align?: 'left' | 'right'
  width?: number | string
  /** Hidden below this width of the screen. */
  hide?: 'sm' | 'md'
  /** Shown only when the reader asks for it. */
  extra?: boolean
  /** Its header sorts the rows, where the table is sorted at all. */
  sortable?: boolean
}

/** By which column rows are sorted: its id, with a minus for the largest first. */
export interface Sorting {
  value: string
  onChange: (value: string) => void
}

interface DataTableProps<Row> {
  /** Names the list to screen readers and in the browser's store of chosen columns. */
  label: string
  storeKey?: string
  columns: Column<Row>[]
  /** The chosen columns, where the page itself holds them. */
  chosen?: [Record<string, boolean>, (next: Record<string, boolean>) => void]
  rows: Row[] | undefined
  rowKey: (row: Row) => string | number
  /** The address a row leads to, where there is one; the first column becomes its link. */
  href?: (row: Row) => string | null
  onOpen?: (row: Row) => void
  empty: ReactNode
  error?: ReactNode
  toolbar?: ReactNode
  total?: number | null
  more?: { has: boolean; loading: boolean; load: () => void }
  selection?: { selected: ReadonlySet<string | number>; onChange: (next: Set<string | number>) => void }
  bulk?: ReactNode
  /** The rows come sorted; the headers of columns that can be sorted by change how. */
  sorting?: Sorting
  /** Keyboard movement is off where several lists share a page. */
  keys?: boolean
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { columns, rows, rowKey, href, onOpen, more, selection } = props
  const { t } = useLingui()
  const format = useFormat()
  const router = useRouter()
  const scroller = useRef<HTMLDivElement>(null)
  const own = useStored<Record<string, boolean>>(`otklik-columns-${props.storeKey ?? props.label}`, {})
  const [shown, setShown] = props.chosen ?? own
  const visible = columns.filter((column) => shown[column.id] ?? !column.extra)
  const open = (row: Row) => {
    const address = href?.(row)
    if (onOpen) onOpen(row)
    else if (address) router.history.push(address)
  }
  const canOpen = Boolean(onOpen ?? href)
  const { active } = useListKeys({
    enabled: canOpen && props.keys !== false,
    count: rows?.length ?? 0,
    onOpen: (index) => rows?.[index] && open(rows[index]),
    onEnd: () => more?.has && !more.loading && more.load(),
  })

  useEffect(() => {
    scroller.current
      ?.querySelector(`[data-index="${active}"]`)
      ?.scrollIntoView({ block: 'nearest' })
  }, [active])

  const clickRow = (event: MouseEvent, row: Row) => {
    const target = event.target as HTMLElement
    if (target.closest('a, button, input, label, [role^="menuitem"]')) return
    if (window.getSelection()?.toString()) return
    const address = href?.(row)
    if (address && (event.metaKey || event.ctrlKey)) window.open(address, '_blank')
    else open(row)
  }
  // A table without links must still be reached by keyboard, to be scrolled sideways.
  const reachable =
    href || selection ? {} : { tabIndex: 0, role: 'group', 'aria-label': props.label }
  // A bar of its own for a few columns would be more than the table needs.
  const optional =
    props.storeKey && columns.length > 3 && (props.toolbar || columns.some((column) => column.extra))

  return (
    <div>
      {(props.toolbar || optional) && (
        <div className={css.toolbar}>
          {selection && selection.selected.size > 0 && props.bulk ? props.bulk : props.toolbar}
          {optional && (
            <ColumnMenu columns={columns} shown={shown} onChange={setShown} label={t`Columns`} />
          )}
        </div>
      )}
      {props.error ? (
        <div style={{ padding: 16 }}>{props.error}</div>
      ) : rows && rows.length === 0 ? (
        props.empty
      ) : (
        <div className={css.scroller} ref={scroller} {...reachable}>
          <table className={css.table} aria-label={props.label} aria-busy={!rows}>
            <thead>
              <tr>
                {selection && (
                  <th style={{ width: 36 }}>
                    <Checkbox
                      aria-label={t`Select all shown`}
                      checked={Boolean(rows?.length) && selection.selected.size === rows?.length}
                      indeterminate={
                        selection.selected.size > 0 && selection.selected.size !== rows?.length
                      }
                      onChange={(event) =>
                        selection.onChange(
                          event.currentTarget.checked ? new Set((rows ?? []).map(rowKey)) : new Set(),
                        )
                      }
                    />
                  </th>
                )}
                {visible.map((column) => (
                  <th
                    key={column.id}
                    scope="col"
                    data-align={column.align}
                    data-hide={column.hide}
                    style={column.width ? { width: column.width } : undefined}
                    aria-sort={props.sorting && column.sortable ? sortOf(column.id, props.sorting.value) : undefined}
                  >
                    {props.sorting && column.sortable ? (
                      <SortButton id={column.id} header={column.header} sorting={props.sorting} />
                    ) : (
                      column.header || <span className="visually-hidden">{t`Actions`}</span>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows
                ? rows.map((row, index) => (
                    <tr
                      key={rowKey(row)}
                      className={css.row}
                      data-index={index}
                      data-open={Boolean(onOpen ?? href?.(row))}
                      data-active={index === active}
                      onClick={canOpen ? (event) => clickRow(event, row) : undefined}
                    >
                      {selection && (
                        <td>
                          <Checkbox
                            aria-label={t`Select the row`}
                            checked={selection.selected.has(rowKey(row))}
                            onChange={() => selection.onChange(toggled(selection.selected, rowKey(row)))}
                          />
                        </td>
                      )}
                      {visible.map((column, place) => (
                        <td key={column.id} data-align={column.align} data-hide={column.hide}>
                          <Linked href={place === 0 ? href?.(row) : null}>{column.render(row)}</Linked>
                        </td>
                      ))}
                    </tr>
                  ))
                : Array.from({ length: 8 }, (_, index) => (
                    <tr key={index}>
                      {selection && <td />}
                      {visible.map((column, place) => (
                        <td key={column.id} data-hide={column.hide}>
                          <Skeleton height={12} width={place === 0 ? '70%' : '50%'} />
                        </td>
                      ))}
                    </tr>
                  ))}
            </tbody>
          </table>
        </div>
      )}
      {rows && rows.length > 0 && (props.total != null || more?.has || rows.length > 8) && (
        <div className={css.footer}>
          <span className="tnum">
            {props.total != null && props.total > rows.length ? (
              <Trans>
                Shown {format.number(rows.length)} of {format.number(props.total)}
              </Trans>
            ) : (
              <Trans>Rows: {format.number(rows.length)}</Trans>
            )}
          </span>
          {more?.has ? (
            <Button variant="default" size="compact-sm" loading={more.loading} onClick={more.load}>
              <Trans>Show more</Trans>
            </Button>
          ) : (
            canOpen &&
            props.keys !== false && (
              <span className={css.keys}>
                <Kbd size="xs">j</Kbd>
                <Kbd size="xs">k</Kbd> <Trans>move</Trans> <Kbd size="xs">Enter</Kbd>{' '}
                <Trans>open</Trans>
              </span>
            )
          )}
        </div>
      )}
    </div>
  )
}

function sortOf(id: string, sort: string): 'ascending' | 'descending' | undefined {
  return sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : undefined
}

function SortButton({ id, header, sorting }: { id: string; header: string; sorting: Sorting }) {
  const sort = sortOf(id, sorting.value)
  const Icon = sort === 'ascending' ? IconChevronUp : sort === 'descending' ? IconChevronDown : IconSelector
  return (
    <button
      type="button"
      className={css.sort}
      data-sorted={sort !== undefined}
      // Large figures are looked for first.
      onClick={() => sorting.onChange(sort === 'descending' ? id : `-${id}`)}
    >
      {header}
      <Icon size={14} aria-hidden />
    </button>
  )
}

function Linked({ href, children }: { href: string | null | undefined; children: ReactNode }) {
  if (!href) return children
  return (
    <AppLink className={css.main} href={href}>
      {children}
    </AppLink>
  )
}

function toggled<T>(set: ReadonlySet<T>, key: T): Set<T> {
  const next = new Set(set)
  if (!next.delete(key)) next.add(key)
  return next
}

interface ColumnMenuProps<Row> {
  columns: Column<Row>[]
  shown: Record<string, boolean>
  onChange: (shown: Record<string, boolean>) => void
  label: string
}

function ColumnMenu<Row>({ columns, shown, onChange, label }: ColumnMenuProps<Row>) {
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <Tooltip label={label}>
          <ActionIcon aria-label={label} ml="auto" size={32}>
            <IconColumns3 size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown mah={400} style={{ overflowY: 'auto' }}>
        {columns.slice(1).map((column) => {
          const isShown = shown[column.id] ?? !column.extra
          return (
            <Menu.CheckboxItem
              key={column.id}
              checked={isShown}
              onChange={(next) => onChange({ ...shown, [column.id]: next })}
            >
              {column.header}
            </Menu.CheckboxItem>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}
