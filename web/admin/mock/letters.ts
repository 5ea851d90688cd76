import { ago } from './people.ts'

const source = `<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="#1b1f23" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f4f5f5">
    <mj-section background-color="#ffffff" padding="32px 24px">
      <mj-column>
        <mj-text font-size="22px" font-weight="700">{{ customer.first_name | default: "Здравствуйте" }}, давно не виделись</mj-text>
        <mj-text>Вы не заглядывали к нам больше двух месяцев. За это время на полках появилось 214 новых вещей для дома.</mj-text>
        <mj-button href="https://shop.example.com/new?utm_campaign=return" background-color="#0f6b61">Посмотреть новинки</mj-button>
        {% if customer.loyalty_level == "gold" %}
        <mj-text>Ваша золотая карта действует: скидка 10 % уже учтена.</mj-text>
        {% endif %}
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text font-size="12px" align="center"><a href="{{ unsubscribe_url }}">Отписаться</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`

export const letters = [
  { id: '0193-a1', name: 'Мы скучаем: новинки', subject: '{{ customer.first_name }}, посмотрите, что нового', preheader: '214 новых вещей за два месяца' },
  { id: '0193-a2', name: 'Мы скучаем: скидка 10 %', subject: 'Скидка 10 % до воскресенья', preheader: 'Промокод внутри' },
  { id: '0193-a3', name: 'Благодарность за отзыв', subject: 'Спасибо за отзыв', preheader: '' },
  { id: '0193-a4', name: 'Wholesale price list', subject: 'Your November price list', preheader: 'Prices are valid until 30 November' },
].map((letter, i) => ({
  ...letter,
  kind: 'mjml' as const,
  source,
  text: '',
  updated_at: ago(i * 3 + 0.2),
  created_at: ago(40 + i),
  used_by: i < 2 ? [{ id: 'c-running', name: 'Возвращение: 60 дней без покупок' }] : [],
}))

export function renderLetter(name: string): string {
  return `<!doctype html><html><body style="margin:0;background:#f4f5f5;font-family:Arial,sans-serif;color:#1b1f23"><div style="max-width:600px;margin:0 auto;background:#fff;padding:32px 24px;line-height:24px"><div style="font-size:22px;font-weight:700;line-height:28px">${name}, давно не виделись</div><p>Вы не заглядывали к нам больше двух месяцев. За это время на полках появилось 214 новых вещей для дома.</p><p><a href="https://shop.example.com/new" style="display:inline-block;background:#0f6b61;color:#fff;padding:12px 24px;border-radius:4px;text-decoration:none">Посмотреть новинки</a></p></div><p style="text-align:center;font-size:12px"><a href="#">Отписаться</a></p></body></html>`
}
