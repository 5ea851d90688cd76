import { Skeleton, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { notifyError, notifyUndo } from '../../components/notify'
import { Panel } from '../../components/Page'
import { ErrorNote, Note, useErrorText } from '../../components/States'
import { consentPolicyQuery, setConsentPolicy } from '../../lib/api/endpoints/privacy'
import { useAccess } from '../../lib/hooks/useAccess'

/** Whether a letter needs a consent that was given, or only one that was not withdrawn. */
export function PolicyPanel() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const policy = useQuery(consentPolicyQuery)
  const set = useMutation({
    mutationFn: setConsentPolicy,
    onSuccess: (saved, wanted) => {
      client.setQueryData(consentPolicyQuery.queryKey, saved)
      void client.invalidateQueries({ queryKey: ['campaigns'] })
      notifyUndo(t`The rule of consents is changed`, () => set.mutate(!wanted))
    },
    onError: (error) => notifyError(errorText(error)),
  })
  // What was chosen is shown at once; an error brings the former state back.
  const needsConsent = set.isPending ? set.variables : policy.data?.email_needs_consent
  return (
    <Panel title={t`Rule of consents`}>
      {policy.error ? (
        <ErrorNote error={policy.error} retry={() => void policy.refetch()} />
      ) : needsConsent === undefined ? (
        <Skeleton height={40} />
      ) : (
        <>
          <Switch
            label={t`Letters go only to those who agreed to them`}
            disabled={!may('manage') || set.isPending}
            checked={needsConsent}
            onChange={(event) => set.mutate(event.currentTarget.checked)}
          />
          {!needsConsent && (
            <div style={{ marginTop: 12 }}>
              <Note level="warning">
                <Trans>
                  Letters now go to everybody who did not refuse. In many countries advertising without a
                  consent is unlawful, and the sender has to prove the consent.
                </Trans>
              </Note>
            </div>
          )}
        </>
      )}
    </Panel>
  )
}
