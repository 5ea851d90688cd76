import { expect, test } from 'vitest'

import { subjectText } from './subjectText'

test.each([
  ['Лицензия скоро закончится', 'Лицензия скоро закончится'],
  ['{% if customer.first_name != blank %}{{ customer.first_name }}, {% endif %}скидка 20 %', 'Скидка 20 %'],
  ['{% if a %}{{ a }}, ваша{% else %}Ваша{% endif %} корзина на месте', 'Ваша корзина на месте'],
  ['Привет, {{ customer.first_name | default: "друг" }}', 'Привет, друг'],
  ["Hello, {{ customer.first_name | default: 'friend' }}", 'Hello, friend'],
  ['Заказ {{ last_order.number }} принят', 'Заказ … принят'],
  ['{%- if a -%}A{% if b %}B{% else %}C{% endif %}{% else %}D{% endif %} E', 'D E'],
  ['{% unless a %}Скоро{% endunless %} открытие', 'Скоро открытие'],
  ['{% assign x = 1 %}{{ x }}', '{% assign x = 1 %}{{ x }}'],
  ['', ''],
])('a subject reads as to a stranger: %s', (source, text) => {
  expect(subjectText(source)).toBe(text)
})
