import { Plural, Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../components/AppLink'
import { usePersonName } from '../../components/personName'
import { Note } from '../../components/States'
import type { RulesConsequences as Consequences } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useIdentifierName } from './card/IdentifiersPanel'
import css from './Identity.module.css'

/** What would happen, in numbers, by examples, and what should make one think twice. */
export function RulesConsequences({ told }: { told: Consequences }) {
  const { t } = useLingui()
  const format = useFormat()
  const kindName = useIdentifierName()
  const personName = usePersonName()
  const nothing = !told.joined && !told.parted && !told.effects.length
  const effects = {
    shared_now: (count: string, kind: string) => t`${kind}: ${count} stored values keep their owners; new ones tell nobody apart.`,
    unique_now: (count: string, kind: string) => t`${kind}: ${count} stored values; from now on each belongs to one person.`,
    order: (count: string, kind: string) => t`${kind}: ${count} values were ordered the other way; they stay as they are.`,
  }
  return (
    <>
      {nothing && (
        <Note level="info">
          <Trans>Nobody known already is joined or parted.</Trans>
        </Note>
      )}
      {told.joined > 0 && (
        <p className={css.large}>
          <Trans>
            {format.number(told.joined)} customers become {format.number(told.into)}
          </Trans>
          {!told.is_whole && (
            <span className={css.dim}>
              {' '}
              <Trans>(and more that were not counted)</Trans>
            </span>
          )}
        </p>
      )}
      {told.parted > 0 && (
        <p className={css.large}>
          <Plural value={told.parted} one="Up to # merge ends: the customers are separate again" other="Up to # merges end: the customers are separate again" />
        </p>
      )}
      {told.widely_shared_count > 0 && (
        <Note level="warning">
          <Plural
            value={told.widely_shared_count}
            one="# value was given to more than ten users. It joins nobody:"
            other="# values were given to more than ten users. They join nobody:"
          />
          <ul className={css.plain}>
            {told.widely_shared.map((one) => (
              <li key={`${one.kind}:${one.value}`}>
                <bdi>{one.value}</bdi>{' '}
                <span className={css.dim}>
                  <Plural value={one.users} one="# user" other="# users" />
                </span>
              </li>
            ))}
          </ul>
        </Note>
      )}
      {told.examples.length > 0 && (
        <div>
          <div className={css.label}>
            <Trans>For example</Trans>
          </div>
          <ul className={css.plain}>
            {told.examples.map((one) => (
              <li key={`${one.kind}:${one.value}`}>
                <div className={css.dim}>
                  {kindName(one.kind)} <bdi>{one.value}</bdi>
                </div>
                {one.people.map((person, at) => (
                  <span key={person.id}>
                    {at > 0 && ' + '}
                    <AppLink href={`/customers/${person.id}`}>{personName(person)}</AppLink>
                  </span>
                ))}
              </li>
            ))}
          </ul>
        </div>
      )}
      {told.effects.length > 0 && (
        <Note level="info">
          <ul className={css.plain}>
            {told.effects.map((one) => (
              <li key={`${one.code}:${one.kind}`}>{effects[one.code](format.number(one.count), kindName(one.kind))}</li>
            ))}
          </ul>
        </Note>
      )}
      {(told.joined > 0 || told.parted > 0) && (
        <p className={css.dim}>
          <Trans>It is done in the background. Each merge is written on the card and can be undone there.</Trans>
        </p>
      )}
    </>
  )
}
