"""Names of columns as they are met, without signs and in lower case, and the fields they mean."""

from __future__ import annotations

from otklik.ingestion.imports.model import ImportKind

_PERSON: dict[str, str] = {
    **dict.fromkeys(
        (
            "userid",
            "customerid",
            "clientid",
            "custid",
            "uid",
            "idклиента",
            "клиентид",
            "кодклиента",
            "idпользователя",
            "покупательид",
            "idпокупателя",
            "внешнийid",
            "externalid",
        ),
        "user_id",
    ),
    **dict.fromkeys(
        (
            "email",
            "mail",
            "emailaddress",
            "почта",
            "электроннаяпочта",
            "имейл",
            "емейл",
            "адресэлектроннойпочты",
            "адреспочты",
            "emailадрес",
            "адресemail",
            "элпочта",
            "contactemail",
            "subscriber",
            "подписчик",
        ),
        "email",
    ),
    **dict.fromkeys(
        (
            "phone",
            "phonenumber",
            "mobile",
            "mobilephone",
            "tel",
            "телефон",
            "номертелефона",
            "мобильный",
            "мобильныйтелефон",
            "сотовый",
            "cell",
            "cellphone",
            "msisdn",
            "sms",
            "тел",
            "моб",
            "мобтелефон",
            "контактныйтелефон",
        ),
        "phone",
    ),
}
_CUSTOMERS: dict[str, str] = {
    **dict.fromkeys(("firstname", "fname", "givenname", "имя"), "trait:first_name"),
    **dict.fromkeys(("lastname", "lname", "surname", "familyname", "фамилия"), "trait:last_name"),
    **dict.fromkeys(("middlename", "patronymic", "отчество"), "trait:middle_name"),
    **dict.fromkeys(("name", "fullname", "фио", "имяфамилия"), "trait:name"),
    **dict.fromkeys(
        ("birthday", "birthdate", "dateofbirth", "датарождения"), "trait:birthday:date"
    ),
    **dict.fromkeys(("gender", "sex", "пол"), "trait:gender"),
    **dict.fromkeys(("city", "город"), "trait:city"),
    **dict.fromkeys(("country", "страна"), "trait:country"),
    **dict.fromkeys(
        (
            "createdat",
            "registered",
            "registeredat",
            "registrationdate",
            "датарегистрации",
            "создан",
        ),
        "first_seen",
    ),
    "id": "user_id",
}
_ORDERS: dict[str, str] = {
    **dict.fromkeys(
        (
            "orderid",
            "order",
            "orderno",
            "ordernumber",
            "invoiceno",
            "invoice",
            "заказ",
            "номерзаказа",
            "idзаказа",
            "кодзаказа",
            "id",
        ),
        "order_id",
    ),
    **dict.fromkeys(
        (
            "date",
            "time",
            "orderdate",
            "invoicedate",
            "createdat",
            "placedat",
            "датазаказа",
            "дата",
            "времязаказа",
        ),
        "time",
    ),
    **dict.fromkeys(
        ("productid", "sku", "stockcode", "article", "itemid", "артикул", "idтовара", "кодтовара"),
        "product_id",
    ),
    **dict.fromkeys(
        (
            "product",
            "productname",
            "description",
            "item",
            "itemname",
            "товар",
            "названиетовара",
            "наименование",
            "название",
            "описание",
        ),
        "product_name",
    ),
    **dict.fromkeys(("category", "productcategory", "категория", "раздел"), "category"),
    **dict.fromkeys(("quantity", "qty", "count", "количество", "колво", "кол"), "quantity"),
    **dict.fromkeys(("price", "unitprice", "цена", "ценазаединицу"), "price"),
    **dict.fromkeys(("linetotal", "amountline", "суммастроки", "суммапозиции"), "line_total"),
    **dict.fromkeys(
        ("total", "revenue", "amount", "sum", "ordertotal", "сумма", "итого", "суммазаказа"),
        "total",
    ),
    **dict.fromkeys(("currency", "валюта"), "currency"),
    **dict.fromkeys(
        ("status", "orderstatus", "financialstatus", "статус", "статусзаказа", "состояние"),
        "status",
    ),
}
_TIMES = dict.fromkeys(
    (
        "time",
        "date",
        "datetime",
        "timestamp",
        "eventtime",
        "eventdate",
        "occurredat",
        "createdat",
        "at",
        "when",
        "дата",
        "время",
        "датаивремя",
        "датасобытия",
        "времясобытия",
        "когда",
    ),
    "time",
)
_EVENTS: dict[str, str] = {
    **_TIMES,
    **dict.fromkeys(
        ("event", "eventname", "eventtype", "action", "событие", "названиесобытия", "типсобытия"),
        "event",
    ),
    **dict.fromkeys(
        ("messageid", "eventid", "insertid", "uuid", "id", "idсобытия", "кодсобытия"), "message_id"
    ),
    **dict.fromkeys(
        ("anonymousid", "visitorid", "cookieid", "deviceid", "idпосетителя", "idустройства"),
        "anonymous_id",
    ),
}
_CONSENTS: dict[str, str] = {
    **{name: field for name, field in _CUSTOMERS.items() if field != "first_seen"},
    **_TIMES,
    **dict.fromkeys(
        (
            "consentat",
            "consentdate",
            "subscribedat",
            "subscriptiondate",
            "unsubscribedat",
            "optindate",
            "optintime",
            "датасогласия",
            "датаподписки",
            "датаотписки",
        ),
        "time",
    ),
    **dict.fromkeys(("channel", "канал"), "channel"),
    **dict.fromkeys(("topic", "list", "lists", "тема", "рассылка", "список"), "topic"),
    **dict.fromkeys(
        (
            "action",
            "status",
            "state",
            "consent",
            "subscribed",
            "subscription",
            "subscriptionstatus",
            "optin",
            "статус",
            "статусподписки",
            "согласие",
            "подписка",
            "подписан",
        ),
        "status",
    ),
    **dict.fromkeys(("purpose", "purposes", "цель", "цельобработки", "цельсогласия"), "purpose"),
    **dict.fromkeys(
        (
            "textversion",
            "consentversion",
            "documentversion",
            "версиятекста",
            "версиясогласия",
            "версиядокумента",
        ),
        "text_version",
    ),
    **dict.fromkeys(
        ("text", "consenttext", "document", "версия", "текстсогласия", "документ"), "text"
    ),
    **dict.fromkeys(("ip", "ipaddress", "optinip", "ipадрес"), "ip"),
    **dict.fromkeys(
        ("form", "formurl", "page", "pageurl", "url", "source", "форма", "страница", "источник"),
        "form",
    ),
}
_SUPPRESSIONS: dict[str, str] = {
    **_TIMES,
    **dict.fromkeys(("channel", "канал"), "channel"),
    **dict.fromkeys(
        (
            "reason",
            "status",
            "type",
            "bouncetype",
            "suppressionreason",
            "причина",
            "статус",
            "тип",
        ),
        "status",
    ),
    **dict.fromkeys(("comment", "note", "description", "комментарий", "примечание"), "note"),
    **dict.fromkeys(("address", "contact", "адрес", "контакт"), "address"),
}
_OWN: dict[ImportKind, dict[str, str]] = {
    ImportKind.CUSTOMERS: _CUSTOMERS,
    ImportKind.ORDERS: _ORDERS,
    ImportKind.EVENTS: _EVENTS,
    ImportKind.CONSENTS: _CONSENTS,
    ImportKind.SUPPRESSIONS: _SUPPRESSIONS,
}


def field_named(plain: str, kind: ImportKind) -> str | None:
    """Return the field that a column's plain name means in a file of a kind."""
    return _OWN[kind].get(plain) or _PERSON.get(plain)
