import { describe, expect, it } from 'vitest'

import { detailsOf, verbOf } from './auditLine'

describe('a line of the audit log', () => {
  it('has the verb of its action, whichever way the action names its object', () => {
    expect(verbOf('segment_members_changed')).toBe('members_changed')
    expect(verbOf('computed_trait_recomputed')).toBe('recomputed')
    expect(verbOf('person_export.ordered')).toBe('ordered')
    expect(verbOf('changed_password')).toBe('changed_password')
    expect(verbOf('created')).toBe('created')
  })

  it('leaves out what is empty and what only a machine reads', () => {
    expect(
      detailsOf({
        rows: 0,
        whole: false,
        columns: [],
        segment_id: null,
        schedule_id: '',
        note_id: '01a201e1-502c-72a3-8cc7-7c3f952bbce3',
        names: ['Order Completed'],
      }),
    ).toEqual([
      ['rows', 0],
      ['whole', false],
      ['names', ['Order Completed']],
    ])
  })
})
