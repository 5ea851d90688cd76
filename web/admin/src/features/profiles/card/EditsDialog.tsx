import { Modal, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { ErrorNote } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { traitEditsQuery } from '../../../lib/api/endpoints/people'
import { useTraitText } from '../traits'
import css from './Card.module.css'

/** Who changed which trait by hand, when and from where. */
export function EditsDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useLingui()
  const traitText = useTraitText()
  const edits = useQuery(traitEditsQuery(id))
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t`Changes by hand`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {edits.error && <ErrorNote error={edits.error} retry={() => void edits.refetch()} />}
      {!edits.data && !edits.error && <Skeleton height={80} />}
      {edits.data?.length === 0 && (
        <span className={css.dim}>
          <Trans>Nothing was changed by hand.</Trans>
        </span>
      )}
      <ul className={css.plain}>
        {edits.data?.map((edit) => (
          <li key={edit.id}>
            <strong>{edit.trait}</strong>: <bdi>{traitText(edit.before)}</bdi> → <bdi>{traitText(edit.after)}</bdi>
            <div className={css.dim}>
              {edit.actor || (edit.by_key ? t`API key` : t`a user who is gone`)}, <DateTime at={edit.at} />
              {edit.ip && `, ${edit.ip}`}
            </div>
          </li>
        ))}
      </ul>
    </Modal>
  )
}
