"""Starter letters in English."""

from __future__ import annotations

from otklik.content.amp.examples import SURVEY_EN
from otklik.content.blocks.model import Style
from otklik.content.letters.parts import (
    PANEL,
    answer_button,
    button,
    columns,
    countdown,
    goods,
    h1,
    h2,
    h3,
    has,
    lacks,
    link,
    logo,
    points,
    row,
    space,
    starter,
    text,
)
from otklik.content.starter import Starter

_HELLO = "Hello{% if customer.first_name != blank %} {{ customer.first_name }}{% endif %},"
_SUBSCRIBED = "You receive this letter because you subscribed to our news."
_BOUGHT = "You receive this letter as a customer of {{ workspace.name }}."


def _named(first: str, rest: str) -> str:
    """Begin a subject with the reader's name where it is known: "Ann, may …" or "May …"."""
    return (
        "{% if customer.first_name != blank %}{{ customer.first_name }}, "
        f"{first[0].lower()}{first[1:]}{{% else %}}{first}{{% endif %}} {rest}"
    )


ENGLISH: tuple[Starter, ...] = (
    starter(
        key="welcome",
        lang="en",
        name="Welcome",
        purpose="The first letter to a new subscriber: what to expect and where to begin.",
        subject=_named("Good", "to meet you"),
        preheader="What we write about, and where to begin",
        why=_SUBSCRIBED,
        rows=[
            logo(),
            row(
                h1("Good to meet you"),
                text(
                    _HELLO,
                    "From now on we will write to you now and then: at most once a week, and only "
                    "when there is something to say. Here are three good places to begin.",
                ),
            ),
            columns(
                [
                    h3("Most loved"),
                    text(f"Tried by those who came before. {link('See them', 'popular')}"),
                ],
                [
                    h3("Delivery"),
                    text(f"Times, prices and returns. {link('Read more', 'delivery')}"),
                ],
                [h3("Ask us"), text("Just reply to this letter: a person will read it.")],
                background=PANEL,
            ),
            row(button("Visit the shop", "start")),
        ],
    ),
    starter(
        key="digest",
        lang="en",
        name="Digest",
        purpose="A regular selection: one main story and a few short ones.",
        subject="Worth reading this week",
        preheader="One long article and three short notes",
        why=_SUBSCRIBED,
        rows=[
            logo(),
            row(
                h1("This week’s selection"),
                text(_HELLO, "Here is what is worth a few minutes with your morning coffee."),
            ),
            row(
                h2("How we choose our suppliers"),
                text(
                    "We visited three workshops, asked all of them the same questions and compared "
                    "the answers. This is what usually makes us walk away."
                ),
                button("Read the article", "blog/suppliers"),
                background=PANEL,
            ),
            row(
                h3("In short"),
                points(
                    f"{link('Care that makes things last', 'blog/care')}: six tips.",
                    f"{link('Your questions of the month', 'blog/answers')}: delivery, exchange, "
                    "sizes.",
                    f"{link('Behind the scenes', 'blog/warehouse')}: from the order to your door.",
                ),
            ),
        ],
    ),
    starter(
        key="product_news",
        lang="en",
        name="Product news",
        purpose="Tell about something new: what changed, whom it helps, how to try it.",
        subject="Your report now writes itself",
        preheader="What has changed, and how to switch it on in a minute",
        why="You receive this letter as a user of {{ workspace.name }}.",
        rows=[
            logo(),
            row(
                h1("Your report writes itself"),
                text(
                    _HELLO,
                    "Until now, seeing how a month went meant exporting tables and putting them "
                    "together by hand. From today the figures wait for you on the first morning.",
                ),
            ),
            row(
                h3("What you gain"),
                points(
                    "figures that are counted the same way every month;",
                    "every total opens what it is made of;",
                    "a link to share instead of a file.",
                ),
                background=PANEL,
            ),
            row(
                text("Switch it on in the settings; it takes a minute. Your old reports stay."),
                button("Switch it on", "settings/reports"),
                text(f"More in the {link('list of changes', 'changes')}."),
            ),
        ],
    ),
    starter(
        key="sale",
        lang="en",
        name="Sale",
        purpose="A discount for a limited time, with its terms in plain sight.",
        subject=_named("20%", "off until Sunday"),
        preheader="On everything but new arrivals, no code needed",
        why=_SUBSCRIBED,
        rows=[
            logo(),
            row(
                h1("20% off until Sunday"),
                text(
                    "We are making room for the new collection. The prices you see are reduced "
                    "already; there is no code to type."
                ),
                button("Shop the sale", "sale"),
                background=PANEL,
            ),
            columns(
                [
                    h3("For the home"),
                    text(f"Tableware, textiles, light. {link('See', 'sale/home')}"),
                ],
                [h3("For giving"), text(f"Ready sets and cards. {link('See', 'sale/gifts')}")],
            ),
            row(
                h3("The terms"),
                points(
                    "until the end of Sunday, London time;",
                    "not on new arrivals and gift cards;",
                    "returns as always, within 14 days.",
                ),
            ),
        ],
    ),
    starter(
        key="abandoned_cart",
        lang="en",
        name="Abandoned cart",
        purpose="Remind of goods that somebody chose but did not order.",
        subject=_named("Your", "basket is still here"),
        preheader="We kept what you chose",
        why="You receive this letter because you began an order at {{ workspace.name }}.",
        rows=[
            logo(),
            row(
                h1("Your basket is waiting"),
                text(
                    _HELLO,
                    "You chose some things but did not finish the order. We kept the basket, so "
                    "that you need not look for everything again.",
                ),
            ),
            row(goods("customer.cart", side_by_side=2), show_if=has("customer.cart")),
            row(
                button("Return to the order", "cart"),
                text("Did something go wrong at the checkout? Reply to this letter, we will help."),
            ),
        ],
    ),
    starter(
        key="licence_expiring",
        lang="en",
        name="Licence expiring",
        purpose="Warn before the term ends, so that the work does not stop.",
        subject="Your licence is about to end",
        preheader="Renew it so that your work goes on without a break",
        why="This is a service letter about your licence.",
        rows=[
            logo(),
            row(h1("Your licence is about to end"), text(_HELLO)),
            row(
                countdown("customer.licence_ends", "The licence has ended"),
                text('The last day: {{ customer.licence_ends | date: "long" }}.'),
                background=PANEL,
                show_if=has("customer.licence_ends"),
            ),
            row(
                text("The term of your licence is coming to its end."),
                show_if=lacks("customer.licence_ends"),
            ),
            row(
                text(
                    "Renew it in time and nothing stops: your data and settings stay where they "
                    "are."
                ),
                button("Renew the licence", "licence/renew"),
                text("Need an invoice for your company? Reply, and you have it the same day."),
            ),
        ],
    ),
    starter(
        key="invitation",
        lang="en",
        name="Invitation",
        purpose="Invite to a meeting, a webinar or an opening.",
        subject=_named("Join", "us on 24 September"),
        preheader="At 5 pm, free of charge",
        why=_SUBSCRIBED,
        rows=[
            logo(),
            row(
                h1("Meet us on 24 September"),
                text(
                    _HELLO,
                    "We will show what we made in the last six months and what comes next, and "
                    "answer your questions. No hundred slides.",
                ),
            ),
            columns(
                [h3("When"), text("Thursday 24 September, 5 to 6:30 pm, London time")],
                [h3("Where"), text("Online; the link comes an hour before")],
                background=PANEL,
            ),
            row(
                h3("What we will talk about"),
                points(
                    "what has changed, and why;",
                    "what others use it for, and how it went;",
                    "your questions: half of the time is for them.",
                ),
                button("Save a seat", "events/september"),
                text("Can’t make it? Sign up anyway, and we will send you the recording."),
            ),
        ],
    ),
    starter(
        key="reminder",
        lang="en",
        name="Reminder",
        purpose="A short reminder of a meeting, an appointment or a date.",
        subject="A reminder: tomorrow at 5 pm",
        preheader="All you need in one letter",
        why="You receive this letter because you signed up for the meeting.",
        rows=[
            logo(),
            row(
                h1("See you tomorrow"),
                text(_HELLO, "We begin tomorrow, on Thursday, at 5 pm London time."),
            ),
            row(
                h3("How to join"),
                text("Open the link five minutes before; there is nothing to install."),
                button("Open the meeting page", "events/september/join"),
                background=PANEL,
            ),
            row(
                text(
                    f"Plans have changed? {link('Give up your seat', 'events/september/cancel')}, "
                    "and somebody else will have it."
                )
            ),
        ],
    ),
    starter(
        key="survey",
        lang="en",
        name="Survey",
        purpose="Ask for an opinion; Gmail, Yahoo and Mail.ru take it inside the letter.",
        subject=_named("One", "question about your last order"),
        preheader="It takes less than a minute",
        why=_BOUGHT,
        rows=[
            logo(),
            row(
                h1("How was your last order?"),
                text(
                    _HELLO,
                    "We want to know what to do better. One mark from 5 to 1, and a few words if "
                    "you like.",
                ),
                answer_button("Give a mark"),
            ),
            row(
                text("A person reads every answer. If something went wrong, we will write to you."),
                background=PANEL,
            ),
        ],
        amp=SURVEY_EN,
    ),
    starter(
        key="winback",
        lang="en",
        name="Win-back",
        purpose="Call back those who have not bought for long, with a small reason.",
        subject=_named("15%", "off your whole basket"),
        preheader="The code works once and for two weeks",
        why=_BOUGHT,
        rows=[
            logo(),
            row(
                h1("15% off your whole basket"),
                text(
                    _HELLO,
                    "It has been a while since your last order, and much on our shelves is new. "
                    "Here is a small reason to look in.",
                ),
            ),
            row(
                text("Your code: <strong>COMEBACK15</strong>"),
                button("See what is new", "new?code=COMEBACK15"),
                text("The button fills the code in for you. It works once, within 14 days."),
                background=PANEL,
            ),
            row(
                text(
                    "Not sure where to begin? "
                    f"{link('New arrivals', 'new')} · {link('Most loved', 'popular')}"
                )
            ),
        ],
    ),
    starter(
        key="receipt",
        lang="en",
        name="Order received",
        purpose="Confirm an order: what is in it, what it costs, what comes next.",
        subject="We have your order {{ last_order.number }}",
        preheader="What is in it, the total, and what comes next",
        why="This is a service letter about your order.",
        rows=[
            logo(),
            row(
                h1("Thank you for your order"),
                text(
                    _HELLO,
                    'Order {{ last_order.number }} of {{ last_order.placed_at | date: "long" }}.',
                ),
            ),
            row(goods("last_order.lines", side_by_side=2, limit=12)),
            row(
                h2("Total {{ last_order.total | money: last_order.currency }}"),
                background=PANEL,
            ),
            row(
                h3("What comes next"),
                text(
                    "We pack your order and write when it leaves. Change or cancel it on the "
                    f"{link('page of the order', 'orders')}."
                ),
            ),
        ],
    ),
    starter(
        key="note",
        lang="en",
        name="Personal note",
        purpose="A few lines from one person to another, with no design.",
        subject=_named("May", "I ask you something?"),
        preheader="A short note from Emma at {{ workspace.name }}",
        why=_BOUGHT,
        style=Style(background="#ffffff", font="georgia", font_size=17, width=560),
        rows=[
            row(
                space(16),
                text(
                    _HELLO,
                    "I look after the regular customers of {{ workspace.name }} and noticed that "
                    "you have not been here for a couple of months. I don’t want to send a coupon; "
                    "I would rather ask.",
                    "Was something wrong with your last order? Or is something gone that you "
                    "liked? Just reply: it comes straight to me, and I read every answer.",
                    f"And if you were simply busy, {link('here is what is new', 'new')} since your "
                    "last visit.",
                    "Warmly,<br>Emma Wilson",
                ),
            ),
        ],
    ),
)
