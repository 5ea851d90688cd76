import { Button, Group } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { notifyError, notifyUndo } from '../../../components/notify'
import { usePersonName } from '../../../components/personName'
import { useErrorText } from '../../../components/States'
import { refuseDuplicate, takeBackRefusal } from '../../../lib/api/endpoints/people'
import type { DuplicatePair } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { CompareDialog } from './CompareDialog'
import css from './Duplicates.module.css'
import { useEvidenceWords } from './words'

/** Two people in a line, what speaks for their being one, and the decision. */
export function PairItem({ pair }: { pair: DuplicatePair }) {
  const { t } = useLingui()
  const may = useAccess()
  const format = useFormat()
  const client = useQueryClient()
  const errorText = useErrorText()
  const personName = usePersonName()
  const words = useEvidenceWords()
  const [isComparing, setComparing] = useState(false)
  const { left, right } = pair
  const refresh = () => void client.invalidateQueries({ queryKey: ['duplicates'] })
  const takeBack = () => void takeBackRefusal(left.id, right.id).then(refresh)
  const refuse = useMutation({
    mutationFn: () => refuseDuplicate(left.id, right.id),
    onSuccess: () => {
      refresh()
      notifyUndo(t`These are two people; it is remembered`, takeBack)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const agreeing = pair.evidence.filter((one) => one.bits > 0.5).sort((a, b) => b.bits - a.bits)
  return (
    <li className={css.item}>
      <div className={css.percent} title={t`Probability that this is one person`}>
        {format.percent(Math.min(pair.probability, 0.999))}
      </div>
      <div className={css.people}>
        {[left, right].map((person) => (
          <div key={person.id}>
            <AppLink href={`/customers/${person.id}`}>
              <bdi>{personName(person)}</bdi>
            </AppLink>
            <span className={css.dim}>
              {[person.email, person.phone, person.user_id].filter(Boolean).map((one) => (
                <bdi key={one}> {one}</bdi>
              ))}
            </span>
          </div>
        ))}
        <div className={css.dim}>
          {agreeing.map((one) => `${words.field(one)}: ${words.level(one)}`).join('; ')}
        </div>
      </div>
      {may('edit') && (
        <Group gap={8}>
          {pair.refused ? (
            <Button variant="default" size="compact-sm" onClick={takeBack}>
              <Trans>Take back</Trans>
            </Button>
          ) : (
            <Button variant="default" size="compact-sm" loading={refuse.isPending} onClick={() => refuse.mutate()}>
              <Trans>Not the same</Trans>
            </Button>
          )}
          <Button variant="light" size="compact-sm" onClick={() => setComparing(true)}>
            <Trans>Compare</Trans>
          </Button>
        </Group>
      )}
      {isComparing && <CompareDialog pair={pair} onClose={() => setComparing(false)} />}
    </li>
  )
}
