import { ActionIcon, Button, Menu, SegmentedControl } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import {
  IconArrowDown,
  IconArrowUp,
  IconBrackets,
  IconBracketsOff,
  IconCheck,
  IconCopy,
  IconDots,
  IconPlus,
  IconX,
} from '@tabler/icons-react'
import { type Dispatch, Fragment } from 'react'

import { type Group, type GroupKind, isGroup, type Leaf, type LeafKind, type Node } from '../../../lib/rules/types'
import { useFormat } from '../../../lib/format/useFormat'
import { type Action, newLeaf, type Path } from '../model/tree'
import css from './Builder.module.css'
import { useKindGroups, useLeafKinds } from './kinds'
import { LeafFields } from './LeafFields'
import { type Insight, pathOf } from './insight'

const DEPTH_MAX = 8

interface GroupEditorProps {
  group: Group
  path: Path
  dispatch: Dispatch<Action>
  /** The segment being edited: it cannot stand in its own definition. */
  selfId: string | null
  isReadOnly?: boolean
  /** What is known of the nodes: how many people each keeps, whether it holds for one person. */
  insight?: Insight
}

/** A group of conditions and, inside it, groups again. */
export function GroupEditor({ group, path, dispatch, selfId, isReadOnly = false, insight }: GroupEditorProps) {
  const { t } = useLingui()
  const words: Record<GroupKind, string> = { all: t`and`, any: t`or`, none: t`nor` }
  const isRoot = path.length === 0
  return (
    <div
      className={isRoot ? `${css.group} ${css.root}` : css.group}
      role="group"
      aria-label={isRoot ? t`Conditions` : t`Group of conditions`}
    >
      <div className={css.head}>
        <SegmentedControl
          aria-label={t`How the conditions of the group are joined`}
          disabled={isReadOnly}
          value={group.kind}
          data={[
            { value: 'all', label: t`All of` },
            { value: 'any', label: t`Any of` },
            { value: 'none', label: t`None of` },
          ]}
          onChange={(kind) => dispatch({ do: 'kind', at: path, kind: kind as GroupKind })}
        />
        {!isRoot && <NodeInsight path={path} insight={insight} />}
        {!isRoot && !isReadOnly && (
          <span style={{ marginLeft: 'auto' }}>
            <NodeMenu node={group} path={path} dispatch={dispatch} />
          </span>
        )}
      </div>
      <ul className={css.list}>
        {group.of.map((node, index) => {
          const at = [...path, index]
          return (
            <li className={css.item} key={index}>
              <span className={css.word}>{index > 0 ? words[group.kind] : ''}</span>
              {isGroup(node) ? (
                <div className={css.nested}>
                  <GroupEditor
                    group={node}
                    path={at}
                    dispatch={dispatch}
                    selfId={selfId}
                    isReadOnly={isReadOnly}
                    {...(insight && { insight })}
                  />
                </div>
              ) : (
                <LeafRow
                  node={node}
                  path={at}
                  dispatch={dispatch}
                  selfId={selfId}
                  isReadOnly={isReadOnly}
                  {...(insight && { insight })}
                />
              )}
            </li>
          )
        })}
      </ul>
      {!isReadOnly && <AddButtons path={path} dispatch={dispatch} />}
    </div>
  )
}

interface LeafRowProps extends Omit<GroupEditorProps, 'group'> {
  node: Leaf
}

function LeafRow({ node, path, dispatch, selfId, isReadOnly, insight }: LeafRowProps) {
  return (
    <fieldset className={css.leaf} disabled={isReadOnly} style={{ border: 0, margin: 0, minWidth: 0, paddingInline: 0 }}>
      <div>
        <LeafFields
          node={node}
          selfId={selfId}
          onChange={(next) => dispatch({ do: 'replace', at: path, node: next })}
        />
        <NodeInsight path={path} insight={insight} />
      </div>
      {!isReadOnly && <NodeMenu node={node} path={path} dispatch={dispatch} />}
    </fieldset>
  )
}

/** How many people a condition keeps and, when a person was chosen, whether it holds for them. */
function NodeInsight({ path, insight }: { path: Path; insight: Insight | undefined }) {
  const { t } = useLingui()
  const format = useFormat()
  const key = pathOf(path)
  const part = insight?.parts.get(key)
  const answer = insight?.answers.get(key)
  if (!part && !answer) return null
  return (
    <div className={css.insight}>
      {part && (
        <span style={{ opacity: insight?.isOld ? 0.5 : 1 }}>
          {format.number(part.count)} <Plural value={part.count} one="person" other="people" />
          {path.at(-1) !== 0 && (
            <>
              {' · '}
              <Trans>with those above: {format.number(part.left)}</Trans>
            </>
          )}
        </span>
      )}
      {answer && (
        <span className={css.answer} data-holds={answer.holds}>
          {answer.holds ? <IconCheck size={14} aria-hidden /> : <IconX size={14} aria-hidden />}
          {answer.holds ? t`holds for the chosen customer` : t`does not hold for the chosen customer`}
          {answer.fact !== null && answer.fact !== '' && `: ${String(answer.fact)}`}
        </span>
      )}
    </div>
  )
}

interface NodeMenuProps {
  node: Node
  path: Path
  dispatch: Dispatch<Action>
}

function NodeMenu({ node, path, dispatch }: NodeMenuProps) {
  const { t } = useLingui()
  return (
    <span style={{ display: 'inline-flex', flex: 'none' }}>
      <Menu>
        <Menu.Target>
          <ActionIcon size={32} aria-label={t`More actions`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconArrowUp size={16} />} onClick={() => dispatch({ do: 'move', at: path, by: -1 })}>
            <Trans>Move up</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowDown size={16} />} onClick={() => dispatch({ do: 'move', at: path, by: 1 })}>
            <Trans>Move down</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => dispatch({ do: 'duplicate', at: path })}>
            <Trans>Duplicate</Trans>
          </Menu.Item>
          {isGroup(node) ? (
            <Menu.Item leftSection={<IconBracketsOff size={16} />} onClick={() => dispatch({ do: 'unwrap', at: path })}>
              <Trans>Take the group apart</Trans>
            </Menu.Item>
          ) : (
            path.length < DEPTH_MAX && (
              <Menu.Item leftSection={<IconBrackets size={16} />} onClick={() => dispatch({ do: 'wrap', at: path })}>
                <Trans>Put into a group</Trans>
              </Menu.Item>
            )
          )}
        </Menu.Dropdown>
      </Menu>
      <ActionIcon
        size={32}
        aria-label={isGroup(node) ? t`Remove the group` : t`Remove the condition`}
        onClick={() => dispatch({ do: 'remove', at: path })}
      >
        <IconX size={16} />
      </ActionIcon>
    </span>
  )
}

function AddButtons({ path, dispatch }: { path: Path; dispatch: Dispatch<Action> }) {
  const kinds = useLeafKinds()
  const groups = useKindGroups()
  const add = (kind: LeafKind) => dispatch({ do: 'add', at: path, node: newLeaf(kind) })
  return (
    <div className={css.add}>
      <Menu position="bottom-start" shadow="md">
        <Menu.Target>
          <Button variant="light" size="compact-sm" leftSection={<IconPlus size={14} />}>
            <Trans>Condition</Trans>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {groups.map((group) => (
            <Fragment key={group.label}>
              <Menu.Label>{group.label}</Menu.Label>
              {group.kinds.map((kind) => {
                const { label, icon: Icon } = kinds(kind)
                return (
                  <Menu.Item key={kind} leftSection={<Icon size={16} />} onClick={() => add(kind)}>
                    {label}
                  </Menu.Item>
                )
              })}
            </Fragment>
          ))}
        </Menu.Dropdown>
      </Menu>
      {path.length < DEPTH_MAX && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconBrackets size={14} />}
          onClick={() => dispatch({ do: 'add', at: path, node: { kind: 'any', of: [] } })}
        >
          <Trans>Group</Trans>
        </Button>
      )}
    </div>
  )
}
