"""What a check of a domain says."""

from __future__ import annotations

from typing import Final

from otklik.kit.i18n import Text

TEXTS: Final = {
    "spf_ok": Text(en="SPF is in order.", ru="SPF настроен."),
    "spf_missing": Text(
        en="There is no SPF record. Add a TXT record for {name} that lists the servers that send "
        "your mail: the one below names those of your settings. If another service sends in your "
        "name too, add its include:….",
        ru="SPF-записи нет. Добавьте для {name} запись TXT со списком серверов, которые отправляют "
        "вашу почту: в строке ниже те, что указаны в настройках. Если от вашего имени пишет и "
        "другой сервис, добавьте его include:….",
    ),
    "spf_relay": Text(
        en="SPF does not name the server by which your letters go ({missing}): receivers may take "
        "them for forged. Replace the record by the one below. If the server sends from another "
        "address than it takes letters at, name that one.",
        ru="SPF не называет сервер, через который уходят ваши письма ({missing}): получатели могут "
        "счесть их поддельными. Замените запись на ту, что ниже. Если сервер отправляет с другого "
        "адреса, укажите его.",
    ),
    "spf_several": Text(
        en="There are several SPF records; receivers then ignore all of them. Join them into one.",
        ru="SPF-записей несколько; получатели в таком случае не читают ни одной. Объедините их.",
    ),
    "spf_open": Text(
        en="SPF ends with +all: it lets anyone send in your name. Replace it by ~all.",
        ru="SPF заканчивается на +all: от вашего имени может писать кто угодно. Замените на ~all.",
    ),
    "spf_lookups": Text(
        en="SPF needs {count} DNS look-ups, more than the allowed 10: receivers count it as an "
        "error. Remove unused include:… terms.",
        ru="SPF требует {count} запросов DNS при допустимых 10: получатели сочтут это ошибкой. "
        "Уберите лишние include:….",
    ),
    "spf_no_end": Text(
        en="SPF has no “all” at its end, so it refuses nobody. Add ~all.",
        ru="В конце SPF нет «all», поэтому она никого не отсекает. Добавьте ~all.",
    ),
    "spf_neutral": Text(
        en="SPF ends with ?all, which says nothing. Replace it by ~all.",
        ru="SPF заканчивается на ?all, это ничего не значит. Замените на ~all.",
    ),
    "dkim_ok": Text(
        en="The DKIM key is published: letters are signed in your name.",
        ru="Ключ DKIM опубликован: письма подписываются вашим именем.",
    ),
    "dkim_missing": Text(
        en="The DKIM key is not published. Add a TXT record {name} with the text below. It may "
        "take up to a day until it is seen everywhere.",
        ru="Ключ DKIM не опубликован. Добавьте запись TXT {name} с текстом ниже. Её увидят везде "
        "в течение суток.",
    ),
    "dkim_several": Text(
        en="There are several records at {name}; leave only the one below.",
        ru="У {name} несколько записей; оставьте только ту, что ниже.",
    ),
    "dkim_revoked": Text(
        en="The published DKIM key is empty, which means revoked. Replace the record.",
        ru="Опубликованный ключ DKIM пуст, то есть отозван. Замените запись.",
    ),
    "dkim_other": Text(
        en="Another DKIM key is published at {name}. Replace it by the one below.",
        ru="У {name} опубликован другой ключ DKIM. Замените его на тот, что ниже.",
    ),
    "dkim_testing": Text(
        en="The DKIM record is marked as a test (t=y); receivers may ignore it. Remove t=y.",
        ru="Запись DKIM помечена как пробная (t=y), получатели могут её не учитывать. Уберите t=y.",
    ),
    "dmarc_ok": Text(
        en="DMARC is in order, policy {policy}.", ru="DMARC настроен, политика {policy}."
    ),
    "dmarc_none": Text(
        en="DMARC is there with the policy none. It satisfies Gmail and Yahoo; once its reports "
        "show that all your mail passes, go on to quarantine.",
        ru="DMARC есть, политика none. Для Gmail и Yahoo этого достаточно; когда отчёты покажут, "
        "что вся ваша почта проходит, переходите на quarantine.",
    ),
    "dmarc_missing": Text(
        en="There is no DMARC record; Gmail and Yahoo refuse mass mail without one. Add a TXT "
        "record {name} with the text below.",
        ru="DMARC-записи нет; без неё Gmail и Yahoo не принимают массовые письма. Добавьте запись "
        "TXT {name} с текстом ниже.",
    ),
    "dmarc_several": Text(
        en="There are several DMARC records; leave one.",
        ru="DMARC-записей несколько; оставьте одну.",
    ),
    "dmarc_wrong": Text(
        en="The DMARC record has no valid policy (p=none, quarantine or reject).",
        ru="В записи DMARC нет верной политики (p=none, quarantine или reject).",
    ),
    "mx_ok": Text(en="The domain receives mail.", ru="Домен принимает почту."),
    "mx_missing": Text(
        en="The domain receives no mail (no MX record): replies and bounces will be lost.",
        ru="Домен не принимает почту (нет записи MX): ответы и возвраты потеряются.",
    ),
    "dns_unavailable": Text(
        en="The name server of {name} did not answer. Try again later.",
        ru="Сервер имён для {name} не ответил. Попробуйте позже.",
    ),
    "reserved_in_development": Text(
        en="{domain} is a reserved domain: fine for trials, letters go to the mail catcher.",
        ru="{domain} зарезервирован: для проб годится, письма попадают в ловушку.",
    ),
    "reserved": Text(
        en="{domain} is a reserved domain: no mail can be sent from it. Create a sender in a "
        "domain of yours.",
        ru="{domain} зарезервирован: с него нельзя отправлять почту. Создайте отправителя "
        "в своём домене.",
    ),
    "ptr_ok": Text(
        en="The address of the mail server {host} has a name that leads back to it.",
        ru="У адреса почтового сервера {host} есть имя, и оно ведёт обратно к нему.",
    ),
    "ptr_service": Text(
        en="Letters leave by the servers of {service}, which sees to their names.",
        ru="Письма уходят с серверов {service}, за их имена отвечает сам сервис.",
    ),
    "ptr_missing": Text(
        en="The address {address} of the mail server {host} has no name (no PTR record); Gmail "
        "and others refuse mail from such addresses. Ask whoever gave you the address to name "
        "it {host}.",
        ru="У адреса {address} почтового сервера {host} нет имени (записи PTR); Gmail и другие не "
        "принимают почту с таких адресов. Попросите того, кто выдал адрес, назвать его {host}.",
    ),
    "ptr_elsewhere": Text(
        en="The address {address} of the mail server is called {names}, but that name does not "
        "lead back to it. Receivers take it for a sign of a stolen address.",
        ru="Адрес {address} почтового сервера называется {names}, но это имя не ведёт обратно к "
        "нему. Получатели считают это признаком чужого адреса.",
    ),
    "ptr_private": Text(
        en="The mail server {host} stands in a private network: look at the name of the address "
        "from which it reaches the world.",
        ru="Почтовый сервер {host} стоит во внутренней сети: проверьте имя адреса, с которого он "
        "выходит наружу.",
    ),
    "ptr_nowhere": Text(
        en="The mail server {host} has no address in the DNS.",
        ru="У почтового сервера {host} нет адреса в DNS.",
    ),
    "bimi_ok": Text(
        en="BIMI is there: mail programs may show your logo.",
        ru="BIMI есть: почтовые программы могут показывать ваш логотип.",
    ),
    "bimi_no_certificate": Text(
        en="BIMI is there without a certificate (a=): Yahoo and others may show your logo, Gmail "
        "will not.",
        ru="BIMI есть, но без сертификата (a=): логотип могут показать Yahoo и другие, а Gmail "
        "не покажет.",
    ),
    "bimi_missing": Text(
        en="There is no BIMI record. It is optional: with it mail programs show your logo. It "
        "needs a logo in SVG Tiny PS and DMARC with quarantine or reject.",
        ru="Записи BIMI нет. Она необязательна: с ней почтовые программы показывают ваш логотип. "
        "Нужны логотип в SVG Tiny PS и DMARC с quarantine или reject.",
    ),
    "bimi_dmarc": Text(
        en="BIMI is there, but it counts only with the DMARC policy quarantine or reject.",
        ru="BIMI есть, но действует только при политике DMARC quarantine или reject.",
    ),
    "bimi_wrong": Text(
        en="The BIMI record names no logo at an https address (l=https://….svg).",
        ru="В записи BIMI нет адреса логотипа по https (l=https://….svg).",
    ),
    "sts_ok": Text(
        en="MTA-STS is in order: letters to you are taken encrypted only.",
        ru="MTA-STS настроен: письма к вам принимаются только шифрованными.",
    ),
    "sts_testing": Text(
        en="MTA-STS is there in the mode testing; when its reports are clean, go on to enforce.",
        ru="MTA-STS есть в режиме testing; когда отчёты чисты, переходите на enforce.",
    ),
    "sts_missing": Text(
        en="There is no MTA-STS. It is optional and protects letters that come to you, replies and "
        "bounces among them. Publish the record below, and at {url} a file of these lines: "
        "{policy}.",
        ru="MTA-STS нет. Он необязателен и защищает письма, которые приходят к вам, в том числе "
        "ответы и возвраты. Опубликуйте запись ниже, а по адресу {url} файл из таких строк: "
        "{policy}.",
    ),
    "sts_policy": Text(
        en="The MTA-STS record is there, but {url} gives no valid policy ({why}): servers that "
        "know it may not deliver to you.",
        ru="Запись MTA-STS есть, но по адресу {url} нет верной политики ({why}): серверы, которые "
        "её знают, могут не доставить вам письма.",
    ),
    "sts_mx": Text(
        en="The MTA-STS policy does not name your mail host {host}: letters to you may be refused. "
        "Add mx: {host}.",
        ru="Политика MTA-STS не называет ваш почтовый сервер {host}: письма к вам могут не "
        "дойти. Добавьте mx: {host}.",
    ),
    "dkim_next_ok": Text(
        en="The new DKIM key is published: letters can be signed with it.",
        ru="Новый ключ DKIM опубликован: им можно подписывать письма.",
    ),
    "dkim_next_missing": Text(
        en="A new DKIM key waits for its record {name}. Publish the text below; leave the old "
        "record as it is.",
        ru="Новый ключ DKIM ждёт записи {name}. Опубликуйте текст ниже; старую запись не трогайте.",
    ),
}
