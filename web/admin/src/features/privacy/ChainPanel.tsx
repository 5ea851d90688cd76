import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { Panel } from '../../components/Page'
import { ErrorNote, Note } from '../../components/States'
import { consentChainQuery } from '../../lib/api/endpoints/privacy'
import { useFormat } from '../../lib/format/useFormat'
import css from './Privacy.module.css'

/** Whether every line of the ledger of consents is as it was written. */
export function ChainPanel() {
  const { t } = useLingui()
  const format = useFormat()
  const chain = useQuery(consentChainQuery)
  return (
    <Panel
      title={t`Ledger of consents`}
      hint={t`Each line carries a hash of itself and of the line before it, so a later change shows.`}
    >
      {chain.error && <ErrorNote error={chain.error} />}
      {chain.data && (
        <>
          <Note level={chain.data.whole ? 'ok' : 'error'}>
            {chain.data.whole
              ? t`The chain is whole. Lines checked: ${format.number(chain.data.length)}.`
              : t`The chain is broken at line ${format.number(chain.data.broken_at)}: the database was changed by hand.`}
          </Note>
          {chain.data.older > 0 && (
            <Note level="info">
              {t`Older lines, from before there was a chain: ${format.number(chain.data.older)}. The database refuses changes of them too, but no hash proves it; each such line says so on its proof page.`}
            </Note>
          )}
          <p className={css.dim} style={{ margin: '8px 0 0' }}>
            {t`Hash of the last line: ${chain.data.digest}`}
          </p>
        </>
      )}
    </Panel>
  )
}
