import { Group, Select } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { TestInput } from '../../../components/rules/TestInput'
import { schemaQuery, segmentChoicesQuery, traitValuesQuery } from '../../../lib/api/endpoints/segments'
import { useFormat } from '../../../lib/format/useFormat'
import { defaultTest, typeOf } from '../../../lib/rules/tests'
import type { Leaf, LeafOf } from '../../../lib/rules/types'
import css from './Builder.module.css'
import { EventFields, EventMeasureFields, SequenceFields, UnfollowedFields } from './EventFields'
import { useLeafKinds } from './kinds'
import { OrdersFields } from './OrdersFields'
import { DomainFields, MessageFields, ProductFields, SeenFields, VisitFields } from './OtherFields'

export interface FieldsProps<L extends Leaf> {
  node: L
  onChange: (node: L) => void
}

export function LeafFields({ node, onChange, selfId }: FieldsProps<Leaf> & { selfId: string | null }) {
  const kinds = useLeafKinds()
  const { label, icon: Icon } = kinds(node.kind)
  return (
    <div className={css.fields}>
      <span className={css.kind}>
        <Icon size={16} aria-hidden />
        {label}
      </span>
      {node.kind === 'trait' && <TraitFields node={node} onChange={onChange} />}
      {node.kind === 'event' && <EventFields node={node} onChange={onChange} />}
      {node.kind === 'event_measure' && <EventMeasureFields node={node} onChange={onChange} />}
      {node.kind === 'sequence' && <SequenceFields node={node} onChange={onChange} />}
      {node.kind === 'not_followed' && <UnfollowedFields node={node} onChange={onChange} />}
      {node.kind === 'product' && <ProductFields node={node} onChange={onChange} />}
      {node.kind === 'message' && <MessageFields node={node} onChange={onChange} />}
      {node.kind === 'visit' && <VisitFields node={node} onChange={onChange} />}
      {node.kind === 'seen' && <SeenFields node={node} onChange={onChange} />}
      {node.kind === 'email_domain' && <DomainFields node={node} onChange={onChange} />}
      {node.kind === 'orders' && <OrdersFields node={node} onChange={onChange} />}
      {node.kind === 'consent' && <ConsentFields node={node} onChange={onChange} />}
      {node.kind === 'identifier' && <IdentifierFields node={node} onChange={onChange} />}
      {node.kind === 'segment' && <SegmentFields node={node} onChange={onChange} selfId={selfId} />}
    </div>
  )
}

function TraitFields({ node, onChange }: FieldsProps<LeafOf<'trait'>>) {
  const { t } = useLingui()
  const format = useFormat()
  const { data } = useQuery(schemaQuery)
  const traits = data?.traits ?? []
  const counts = new Map(traits.map((trait) => [trait.name, trait.count]))
  const typeFor = (name: string) => typeOf(traits.find((trait) => trait.name === name)?.type ?? 'string')
  const names = [...new Set([...traits.map((trait) => trait.name), ...(node.trait ? [node.trait] : [])])]
  return (
    <>
      <Select
        aria-label={t`Trait`}
        placeholder={t`Choose a trait`}
        w={190}
        searchable
        nothingFoundMessage={t`No such trait`}
        value={node.trait || null}
        error={!node.trait}
        data={names}
        renderOption={({ option }) => (
          <Group justify="space-between" w="100%" wrap="nowrap" gap={8}>
            <span>{option.value}</span>
            <span className="tnum" style={{ color: 'var(--text-dim)', fontSize: 12 }}>
              {format.number(counts.get(option.value))}
            </span>
          </Group>
        )}
        onChange={(trait) =>
          trait &&
          onChange({
            ...node,
            trait,
            test:
              node.trait && typeFor(trait) === typeFor(node.trait) ? node.test : defaultTest(typeFor(trait)),
          })
        }
      />
      {node.trait && (
        <TestInput
          label={node.trait}
          test={node.test}
          type={typeFor(node.trait)}
          values={(prefix) => traitValuesQuery(node.trait, prefix)}
          onChange={(test) => onChange({ ...node, test })}
        />
      )}
    </>
  )
}

function ConsentFields({ node, onChange }: FieldsProps<LeafOf<'consent'>>) {
  const { t } = useLingui()
  const { data } = useQuery(schemaQuery)
  return (
    <>
      <Select
        aria-label={t`What the consent is for`}
        w={190}
        value={node.purpose || 'advertising'}
        data={[
          { value: 'advertising', label: t`advertising` },
          { value: 'processing', label: t`processing of data` },
          { value: 'partners', label: t`partners` },
        ]}
        onChange={(purpose) =>
          onChange(
            !purpose || purpose === 'advertising'
              ? { ...node, purpose: '', channel: node.channel || 'email' }
              : { ...node, purpose, channel: '', topic: '' },
          )
        }
      />
      {node.purpose === '' && (
      <Select
        aria-label={t`Channel`}
        w={140}
        value={node.channel}
        data={[
          { value: 'email', label: t`E-mail` },
          { value: 'sms', label: t`SMS` },
          { value: 'push', label: t`Push` },
          { value: 'telegram', label: 'Telegram' },
          { value: 'calls', label: t`Calls` },
        ]}
        onChange={(channel) => onChange({ ...node, channel: channel ?? 'email' })}
      />
      )}
      {node.purpose === '' && (
      <Select
        aria-label={t`Topic`}
        w={220}
        value={node.topic}
        data={[
          { value: '', label: t`the channel as a whole` },
          ...(data?.topics ?? []).map((topic) => ({ value: topic.id, label: topic.name })),
        ]}
        onChange={(topic) => onChange({ ...node, topic: topic ?? '' })}
      />
      )}
      <Select
        aria-label={t`State of the consent`}
        w={160}
        value={node.state}
        data={[
          { value: 'granted', label: t`agreed` },
          { value: 'withdrawn', label: t`withdrew` },
          { value: 'none', label: t`was not asked` },
        ]}
        onChange={(state) => state && onChange({ ...node, state: state as typeof node.state })}
      />
    </>
  )
}

function IdentifierFields({ node, onChange }: FieldsProps<LeafOf<'identifier'>>) {
  const { t } = useLingui()
  return (
    <>
      <Select
        aria-label={t`Identifier`}
        w={200}
        value={node.identifier}
        data={[
          { value: 'email', label: t`E-mail` },
          { value: 'phone', label: t`Phone` },
          { value: 'user_id', label: t`User id` },
          { value: 'known', label: t`Any but the device` },
        ]}
        onChange={(identifier) =>
          identifier && onChange({ ...node, identifier: identifier as typeof node.identifier })
        }
      />
      <Select
        aria-label={t`Present or not`}
        w={140}
        value={node.present ? 'yes' : 'no'}
        data={[
          { value: 'yes', label: t`is known` },
          { value: 'no', label: t`is not known` },
        ]}
        onChange={(value) => onChange({ ...node, present: value === 'yes' })}
      />
    </>
  )
}

function SegmentFields({
  node,
  onChange,
  selfId,
}: FieldsProps<LeafOf<'segment'>> & { selfId: string | null }) {
  const { t } = useLingui()
  const { data } = useQuery(segmentChoicesQuery)
  return (
    <>
      <Select
        aria-label={t`In the segment or not`}
        w={120}
        value={node.member ? 'in' : 'out'}
        data={[
          { value: 'in', label: t`is in` },
          { value: 'out', label: t`is not in` },
        ]}
        onChange={(value) => onChange({ ...node, member: value === 'in' })}
      />
      <Select
        aria-label={t`Segment`}
        placeholder={t`Choose a segment`}
        w={280}
        searchable
        nothingFoundMessage={t`No such segment`}
        error={!node.segment_id}
        value={node.segment_id || null}
        data={(data ?? [])
          .filter((segment) => segment.id !== selfId)
          .map((segment) => ({ value: segment.id, label: segment.name }))}
        onChange={(id) => id && onChange({ ...node, segment_id: id })}
      />
    </>
  )
}
