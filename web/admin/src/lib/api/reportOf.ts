/** Reports of all kinds of mailings are alike; only their addresses differ. */

export interface ReportOf {
  kind: 'campaign' | 'transactional' | 'series'
  id: string
  /** Of a mailing that goes on: of which days (the last one included) and of which letter. Of any:
   * only the people of which segment. */
  asked?: { since?: string; until?: string; edition?: string; segment?: string }
}

const ANY = '/api/v1/campaigns/{campaign_id}'
const BASES: Record<ReportOf['kind'], string> = {
  campaign: ANY,
  transactional: '/api/v1/transactional/{campaign_id}',
  series: '/api/v1/regular-mailings/{campaign_id}/series',
}
const PAGES: Record<ReportOf['kind'], string> = {
  campaign: '/mailings',
  transactional: '/mailings/transactional',
  series: '/mailings/regular',
}

/** The path of the same report of another kind of mailing; the answers have one type. */
export const pathOf = <Path extends string>({ kind }: ReportOf, path: Path) => path.replace(ANY, BASES[kind]) as Path

export const urlOf = ({ kind, id }: ReportOf) => BASES[kind].replace('{campaign_id}', id)

/** The page of a mailing. */
export const pageOf = ({ kind, id }: ReportOf) => `${PAGES[kind]}/${id}`

/** The beginning of the keys of what is known of a mailing. */
export const keyOf = ({ kind, id, asked }: ReportOf) =>
  kind === 'campaign'
    ? ['campaigns', id, 'report', ...(asked?.segment ? [{ segment: asked.segment }] : [])]
    : [kind, id, 'report', asked ?? {}]
