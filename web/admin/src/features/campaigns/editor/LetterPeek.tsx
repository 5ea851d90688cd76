import { ActionIcon, Group, Modal, SegmentedControl, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { usePersonName } from '../../../components/personName'
import { ErrorNote, Note } from '../../../components/States'
import { letterPreviewQuery, letterQuery } from '../../../lib/api/endpoints/content'
import { segmentMembersQuery } from '../../../lib/api/endpoints/segments'
import type { Letter } from '../../../lib/api/types'
import { contentOf } from './letterContent'
import css from './LetterPeek.module.css'

interface LetterPeekProps {
  letterId: string
  /** A segment of the audience: the letter is shown as its people get it. */
  segmentId: string | null
  onClose: () => void
}

/** The letter as people of this audience will get it, made by the engine that sends. */
export function LetterPeek({ letterId, segmentId, onClose }: LetterPeekProps) {
  const { t } = useLingui()
  const letter = useQuery(letterQuery(letterId))
  return (
    <Modal
      opened
      size={760}
      onClose={onClose}
      title={letter.data?.name ?? t`Preview of the letter`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {letter.error ? (
        <ErrorNote error={letter.error} />
      ) : letter.data ? (
        <Shown letter={letter.data} segmentId={segmentId} />
      ) : (
        <Skeleton height={420} />
      )}
    </Modal>
  )
}

function Shown({ letter, segmentId }: { letter: Letter; segmentId: string | null }) {
  const { t } = useLingui()
  const personName = usePersonName()
  const [look, setLook] = useState('desktop')
  const [place, setPlace] = useState(0)
  const members = useInfiniteQuery({ ...segmentMembersQuery(segmentId ?? ''), enabled: segmentId !== null })
  const people = members.data?.pages.flatMap((page) => page.items) ?? []
  const person = people[place]
  const isWaiting = segmentId !== null && members.isLoading
  const preview = useQuery({
    ...letterPreviewQuery(contentOf(letter), person?.id ?? null),
    enabled: !isWaiting,
  })
  const broken = preview.data?.problems.filter(({ level }) => level === 'error') ?? []
  return (
    <Stack gap={12}>
      <Group justify="space-between" gap={8}>
        <Group gap={4}>
          {people.length > 1 && (
            <ActionIcon
              size={30}
              aria-label={t`The customer before`}
              disabled={place === 0}
              onClick={() => setPlace(place - 1)}
            >
              <IconChevronLeft size={16} />
            </ActionIcon>
          )}
          <span>{person ? personName(person) : <Trans>A sample customer</Trans>}</span>
          {people.length > 1 && (
            <ActionIcon
              size={30}
              aria-label={t`The next customer`}
              disabled={place >= people.length - 1}
              onClick={() => setPlace(place + 1)}
            >
              <IconChevronRight size={16} />
            </ActionIcon>
          )}
        </Group>
        <SegmentedControl
          aria-label={t`Width of the preview`}
          value={look}
          onChange={setLook}
          data={[
            { value: 'desktop', label: t`Desktop` },
            { value: 'phone', label: t({ context: 'device', message: 'Phone' }) },
          ]}
        />
      </Group>
      {preview.error ? (
        <ErrorNote error={preview.error} />
      ) : !preview.data ? (
        <Skeleton height={420} />
      ) : preview.data.html === '' && broken.length > 0 ? (
        broken.map((problem, index) => (
          <Note key={index} level="error">
            {problem.message}
          </Note>
        ))
      ) : (
        <>
          <div className={css.head}>
            <strong>{preview.data.subject || t`No subject`}</strong>
            {preview.data.preheader && <span>{preview.data.preheader}</span>}
          </div>
          <div className={css.canvas}>
            <iframe
              className={css.frame}
              data-phone={look === 'phone' || undefined}
              title={t`Preview of the letter`}
              sandbox=""
              srcDoc={preview.data.html}
            />
          </div>
        </>
      )}
    </Stack>
  )
}
