import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import type { HookService } from '../../lib/api/types'

export const SERVICES: HookService[] = ['tilda', 'google_forms', 'marquiz', 'zapier', 'botmother', 'other']

export function useServiceNames(): Record<HookService, string> {
  const { t } = useLingui()
  return {
    tilda: 'Tilda',
    google_forms: t`Google Forms`,
    marquiz: 'Marquiz',
    zapier: 'Zapier',
    botmother: 'Botmother',
    other: t`Another service or a form`,
  }
}

/** What comes from each service, in a line. */
export function useServiceHints(): Record<HookService, string> {
  const { t } = useLingui()
  return {
    tilda: t`Forms and orders of a site made with Tilda`,
    google_forms: t`Answers to a Google form, by a small script`,
    marquiz: t`Contacts and answers of a quiz`,
    zapier: t`Anything that a Zap can send`,
    botmother: t`Data that a bot has asked for`,
    other: t`Any program that can send JSON or a form`,
  }
}

/** What is to be done on the service's side, step by step. */
export function ServiceSteps({ service }: { service: HookService }) {
  return <ol style={{ margin: 0, paddingLeft: 20, lineHeight: 1.6 }}>{STEPS[service]()}</ol>
}

const STEPS: Record<HookService, () => ReactNode> = {
  tilda: () => (
    <>
      <li>
        <Trans>In Tilda open Site settings → Forms → Webhook and paste the address.</Trans>
      </li>
      <li>
        <Trans>
          Paste the secret as the API key and choose to send it in a header with the name shown on this page.
        </Trans>
      </li>
      <li>
        <Trans>For orders, choose to send the products as an array.</Trans>
      </li>
      <li>
        <Trans>In the form’s block choose this webhook as a receiver and publish the page.</Trans>
      </li>
      <li>
        <Trans>Send the form once yourself.</Trans>
      </li>
    </>
  ),
  google_forms: () => (
    <>
      <li>
        <Trans>In the editor of the form open the menu with three dots → Apps Script.</Trans>
      </li>
      <li>
        <Trans>Replace what is there with the script below and save it.</Trans>
      </li>
      <li>
        <Trans>Choose the function “install”, press Run and allow the script to work.</Trans>
      </li>
      <li>
        <Trans>Answer the form once yourself.</Trans>
      </li>
    </>
  ),
  marquiz: () => (
    <>
      <li>
        <Trans>In the settings of the quiz find webhooks among the integrations and paste the address.</Trans>
      </li>
      <li>
        <Trans>Go through the quiz once yourself: its fields will be shown here.</Trans>
      </li>
    </>
  ),
  zapier: () => (
    <>
      <li>
        <Trans>In the Zap add the action “Webhooks by Zapier” with the event POST and paste the address as URL.</Trans>
      </li>
      <li>
        <Trans>Choose JSON as Payload Type and name the fields in Data.</Trans>
      </li>
      <li>
        <Trans>Under Headers put the header with the secret.</Trans>
      </li>
      <li>
        <Trans>Press Test step.</Trans>
      </li>
    </>
  ),
  botmother: () => (
    <>
      <li>
        <Trans>In the bot add a request of the type POST and paste the address.</Trans>
      </li>
      <li>
        <Trans>Put the variables that should come here into its JSON body.</Trans>
      </li>
      <li>
        <Trans>Add the header with the secret.</Trans>
      </li>
      <li>
        <Trans>Go through the bot once yourself.</Trans>
      </li>
    </>
  ),
  other: () => (
    <>
      <li>
        <Trans>Let the service send a POST to the address: JSON, or a form.</Trans>
      </li>
      <li>
        <Trans>If it can sign its calls or send a secret, set that up in “Checking the caller”.</Trans>
      </li>
      <li>
        <Trans>Let it send one call.</Trans>
      </li>
    </>
  ),
}

/** The script that sends the answers of a Google form; nothing in it comes from a user but the two values. */
export function googleScript(url: string, header: string, secret: string): string {
  return `const ADDRESS = ${JSON.stringify(url)};
const SECRET = ${JSON.stringify(secret)};

function install() {
  const form = FormApp.getActiveForm();
  for (const trigger of ScriptApp.getProjectTriggers()) {
    if (trigger.getHandlerFunction() === 'send') ScriptApp.deleteTrigger(trigger);
  }
  ScriptApp.newTrigger('send').forForm(form).onFormSubmit().create();
}

function send(event) {
  const answers = {};
  for (const item of event.response.getItemResponses()) {
    answers[item.getItem().getTitle()] = item.getResponse();
  }
  UrlFetchApp.fetch(ADDRESS, {
    method: 'post',
    contentType: 'application/json',
    headers: { ${JSON.stringify(header)}: SECRET },
    payload: JSON.stringify({
      response_id: event.response.getId(),
      submitted_at: event.response.getTimestamp().toISOString(),
      respondent_email: event.response.getRespondentEmail(),
      form: { id: event.source.getId(), title: event.source.getTitle() },
      answers: answers,
    }),
  });
}
`
}
