/** The sections of the product, as a marketer groups them. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import {
  type Icon,
  IconActivity,
  IconAddressBook,
  IconBuildingStore,
  IconChartBar,
  IconFileExport,
  IconFileImport,
  IconHome,
  IconInbox,
  IconMail,
  IconMathFunction,
  IconSend,
  IconSettings,
  IconShieldLock,
  IconUsersGroup,
  IconWebhook,
} from '@tabler/icons-react'

export interface Section {
  href: string
  label: MessageDescriptor
  icon: Icon
  /** Shown only while letters go to the built-in catcher. */
  development?: boolean
}

export interface SectionGroup {
  label: MessageDescriptor | null
  sections: Section[]
}

export const NAVIGATION: SectionGroup[] = [
  { label: null, sections: [{ href: '/', label: msg`Home`, icon: IconHome }] },
  {
    label: msg`Audience`,
    sections: [
      { href: '/customers', label: msg`Customers`, icon: IconAddressBook },
      { href: '/segments', label: msg`Segments`, icon: IconUsersGroup },
      { href: '/computed-traits', label: msg`Scores and traits`, icon: IconMathFunction },
    ],
  },
  {
    label: msg`Data`,
    sections: [
      { href: '/events', label: msg`Events`, icon: IconActivity },
      { href: '/catalogue', label: msg`Catalogue`, icon: IconBuildingStore },
      { href: '/sources', label: msg`Sources`, icon: IconWebhook },
      { href: '/imports', label: msg`Imports`, icon: IconFileImport },
      { href: '/exports', label: msg`Exports`, icon: IconFileExport },
      { href: '/requests', label: msg`Requests`, icon: IconShieldLock },
    ],
  },
  {
    label: msg`Messages`,
    sections: [
      { href: '/mailings', label: msg`Mailings`, icon: IconSend },
      { href: '/reports', label: msg`Reports`, icon: IconChartBar },
      { href: '/letters', label: msg`Letters`, icon: IconMail },
      { href: '/caught', label: msg`Caught mail`, icon: IconInbox, development: true },
    ],
  },
  { label: null, sections: [{ href: '/settings', label: msg`Settings`, icon: IconSettings }] },
]
