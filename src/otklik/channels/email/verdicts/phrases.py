"""Signs in sentences: who writes such subjects, what says "not delivered", what says "away".

Servers write in the language of their owner. Each list has what is common to many programs, in the
languages that returned mails were met in; none is meant to match a whole sentence.
"""

# ruff: noqa: E501 -- a list reads better with what belongs together in a line

from __future__ import annotations

import re
from typing import Final


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


DAEMON: Final = re.compile(
    r"(^|[<\"' ])(mailer[-_.]?daemons?|mail[-_.]?daemon|mdaemon|post[-_]?master|mailmaster"
    r"|mail[-_.]?delivery([-_.](sub)?system)?|bounces?|mailer|mmdf|uucp|smtp[-_]?daemon"
    r"|mailsystem|[a-z0-9_]{0,20}mail_service|mail[-_.]admin(istrator)?|administrator|microsoftexchange[0-9a-f]{8,40}"
    r"|double-bounce)(@|[>\"' ]|$)",
    re.IGNORECASE,
)
DAEMON_NAME: Final = _any(
    r"mail deliver(y|er)? (sub)?system", r"mail delivery service", r"mailer[- ]daemon",
    r"mail system", r"delivery (notification|subsystem|system|status)", r"internet mail delivery",
    r"system (administrator|attendant)", r"mail administrator", r"postmaster",
    r"почтов\w+ (систем|служб|сервер|робот|демон)", r"служб\w+ доставки",
    r"mailzustellung", r"zustellsystem", r"système de messagerie", r"sistema de correo",
)  # fmt: skip

SUBJECT: Final = _any(
    r"undeliver(able|ed)", r"un-?delivered", r"non[- ]?deliver(y|ed|able)",
    r"(delivery|mail|message|e-?mail|sending).{0,24}(failed|failure|problem|error|unsuccessful"
    r"|impossible|incomplete|aborted|has failed)",
    r"(failed|failure|unsuccessful|problem|error|trouble)s?.{0,24}"
    r"(delivery|mail|message|delivering|sending|notice|report)",
    r"returned (mail|message|e-?mail|to sender)", r"(mail|message) returned", r"return(ed|ing) to sender",
    r"failure notice", r"delivery (status )?(notification|report|notice)", r"status notification",
    r"could ?n[o']t (be )?(deliver|send|sent)", r"not (be )?delivered", r"\bbounced?\b",
    r"(mail|message|delivery) (delay|warning|rejected|refused|blocked)", r"delivery (has been )?delayed",
    r"user unknown", r"unknown (user|recipient|address)", r"mailbox (is )?full", r"over quota",
    r"warning: could not send", r"still being retried", r"\bndr\b", r"\bnotification d'échec",
    r"(письмо|сообщение).{0,30}не.{0,16}доставлен", r"недоставлен", r"не удалось (доставить|отправить)",
    r"невозможно доставить", r"ошибка (доставки|отправки)", r"возврат (письма|почты)",
    r"доставк\w.{0,20}(не удалась|невозможна|отложена)", r"не доставлен", r"отчёт о доставке",
    r"unzustellbar", r"zustell(ung|fehler).{0,20}(fehl|nicht)?", r"nicht zugestellt", r"unzugestellt",
    r"non (remis|distribu)", r"échec (de la |de )?(remise|distribution)", r"non recapitab",
    r"no se (pudo|ha podido) entregar", r"no entregado", r"devuelto", r"não (entregue|foi)", r"devolvid",
    r"mancat[ao] (consegna|recapito)", r"niet (be|af)gelever", r"onbestelbaar", r"onbezorg",
    r"olevererbar", r"kan (inte|ikke) leveres", r"niedostarcz", r"zwrot",
    r"配信.{0,12}(できません|失敗|不能|エラー)", r"送信.{0,6}(できません|エラー)", r"退信", r"系统退信",
    r"投递失败", r"無法(傳|投)遞",
)  # fmt: skip

FAILED: Final = _any(
    r"(could|can|was|were|wasn.t|is|has|have|did)\s?(n.t|not|no)?\s?(not|unable|able)?\s"
    r"{0,2}(be|been)?\s{0,2}(deliver|sent|reach)", r"un(able|deliver)", r"not (been )?deliver",
    r"did not (like|reach|receive)", r"deliver(y|ed|ing)?.{0,40}(fail|problem|error|abort|reject|impossible)",
    r"(fail|error|problem|trouble|reject)\w*.{0,40}deliver", r"permanent(ly)? (fatal )?(error|fail)",
    r"(user|recipient|mailbox|address|account).{0,30}(unknown|not found|invalid|disabled|full)",
    r"no such (user|mailbox|address|recipient)", r"returned.{0,30}(sender|below|mail|message)",
    r"reject(ed|ion)", r"bounce", r"giving up|gave up|given up", r"over ?quota", r"unknown (user|recipient)",
    r"may not exist", r"unavailable", r"failed (recipient|address)", r"not (a )?member", r"undeliver",
    r"не (может|могло|удалось|удаётся|удается|было|был|были).{0,30}(доставл|отправл|доставить|отправить)",
    r"не доставлен", r"недоставлен", r"невозможно доставить", r"нет такого", r"не (существует|найден)",
    r"переполнен", r"відхилен|не існує|не може бути доставлен",
    r"nicht (zugestellt|ausgeliefert|erreicht)|unzustellbar|unbekannt",
    r"(n'a|n’a|ne peut|pas).{0,30}(remis|délivré|distribué|livré)|échec|n'existe pas|inconnu",
    r"no (se )?(ha |pudo |puede |ha podido )?.{0,20}entreg|no existe", r"não (pôde|foi|existe)",
    r"non (è|e'|esiste|.{0,20}consegna)", r"niet (worden )?(af|be)gelever", r"neexistuje|nedoruč",
    r"できません|失敗|エラー|ありません|退信|不存在|無法|无法|失败|לא קיימת|אינה קיימת|मौजूद न",
)  # fmt: skip

UNDELIVERED: Final = _any(
    r"(could not|couldn.t|cannot|can ?not|was not|wasn.t|not) be(en)? delivered", r"undeliver(ed|able)",
    r"failed permanently", r"delivery.{0,30}fail", r"не (может|могло) быть доставлен|недоставлен",
)  # fmt: skip

DELAYED: Final = _any(
    r"(warning|delay).{0,40}(only|message|notification|report)", r"has been delayed|is delayed",
    r"(will|shall|to) (continue|keep).{0,20}(to )?(try|retry|attempt|send|deliver)",
    r"will (be retried|try again|retry)", r"still (being|trying|in)", r"not yet (been )?deliver",
    r"(not been|n.t be|not be) delivered yet", r"(do|need) not (need to )?re-?send",
    r"no action is required", r"temporary failure report", r"kept in the queue",
    r"(message|mail) is still queued", r"could not send message for past",
    r"делает(ся)? попытк|будет продолжать|попытки (доставки|отправки) (будут )?продолж"
    r"|пока не (доставлен|удалось|удаётся)|доставка задерж",
    r"wird weiter|verzögert|retard[ée]|reintent", r"noch nicht",
)  # fmt: skip
GIVEN_UP: Final = _any(
    r"giv(ing|en) up|gave up", r"not going to try again", r"no further (delivery )?attempt",
    r"permanent(ly)?[ -](fatal |delivery )?(error|fail)|failed permanently", r"will not be retried",
    r"message (has been )?(removed|deleted) from",
)  # fmt: skip

EXPIRED: Final = _any(
    r"(queue|queued).{0,20}too long", r"retry (time|timeout)", r"(delivery|message|time|lifetime).{0,20}expired",
    r"expired", r"(not|n.t|unable).{0,30}deliver.{0,30}(with)?in.{0,12}\d+ (day|hour|minute|second)",
    r"could not (be )?deliver(ed)?.{0,24}(for|after|in) (the last )?[0-9.]+ ?(day|hour|minute|second)",
    r"(aborted|failed|tried).{0,30}after [0-9.]+ ?(day|hour|minute)", r"maximum.{0,20}(retr|time in queue|queue)",
    r"too many (delivery )?(attempts|retries|tries)", r"has been in (the )?queue", r"delivery time ?out",
    r"(истек|истёк|истекло).{0,30}(срок|время)|(срок|время).{0,30}(истек|истёк|истекло)",
)  # fmt: skip
LOOP: Final = _any(
    r"too many hops", r"(mail|routing|message|forwarding|delivery) loop", r"loops? back to (my|it)self",
    r"hop count", r"too many.{0,12}received", r"looping",
)  # fmt: skip
NETWORK: Final = _any(
    r"connection (refused|reset|timed? ?out|lost|dropped|closed|was closed|failed)",
    r"(operation|connect|session|conversation).{0,20}timed? ?out", r"no route to host",
    r"network (is )?(unreachable|error)", r"not responding", r"(couldn.t|could not|can.t|unable to)"
    r"(.{0,12})? (connect|establish|contact|reach)", r"lost connection", r"socket error",
    r"did not accept our requests to connect", r"no mail hosts?|host.{0,20}unreachable",
)  # fmt: skip

# What programs alone put into a subject.
AUTOMATIC_SUBJECT: Final = _any(
    r"^\W{0,3}(automatic|auto(mated|matisch\w*)?)[- ]?(reply|response|repl|answer|antwort|respons)",
    r"auto[- ]?(reply|response|responder|antwort|responder|risposta|svar)", r"out of( the)? office",
    r"\booo\b", r"away from (my|the|email|mail)", r"\bout[- ]of[- ]office\b", r"автоответ",
    r"автоматическ\w+ (ответ|уведомл)", r"вне офиса", r"(отсутствую|отсутствие|нет) (в офисе|на (месте|работе))",
    r"^\W{0,3}(я )?(сейчас )?(в отпуске|в командировке)\b(?! *\?)",
    r"abwesenheits?(notiz|nachricht|meldung|assistent)", r"automatische antwort", r"nicht im (büro|haus)",
    r"réponse automatique", r"absence du bureau|absen(t|ce) (du|de) ", r"respuesta autom",
    r"fuera de (la )?oficina", r"resposta autom", r"risposta automatica|fuori sede|fuori ufficio",
    r"automatisch (antwoord|bericht)", r"autosvar|automatisk svar", r"automatyczna odpowied",
    r"自動返信|自动回复|自動回覆", r"otomatik (yanıt|cevap)", r"automatická odpověď", r"автовідповід",
)  # fmt: skip
# What people write too: "is there a discount on vacation packages?"
ABSENCE_SUBJECT: Final = _any(
    AUTOMATIC_SUBJECT.pattern, r"\bvacation\b", r"\bon (holiday|leave|vacation)\b",
    r"(в|на) (отпуске|отпуск|командировке)|отсутств", r"abwesen(d|heit)", r"absence|absent\b",
    r"afwezig", r"frånvar|fravær", r"不在", r"otomatik",
)  # fmt: skip
ABSENCE_TEXT: Final = _any(
    r"(i am|i'm|i’m|am currently|will be|is).{0,24}(out of (the )?office|on (vacation|holiday|leave)|away)",
    r"return(ing)? to (the )?office", r"limited access to (my )?e-?mail",
    r"(нахожусь|буду|я).{0,20}(в отпуске|в командировке|вне офиса|отсутств)",
    r"auto(matic|mated)? (reply|response)", r"no longer (work|with|employed|at)", r"автоответ",
    r"(bin|befinde).{0,40}(urlaub|abwesend|nicht im)", r"(suis|serai).{0,30}(absent|congé|vacances)",
)  # fmt: skip
CHALLENGE: Final = _any(
    r"(confirm|verify|prove).{0,60}(your (e-?mail|message|address|identity)|you are (a )?(human|person))",
    r"(challenge|sender verification|spam ?arrest|boxbe|tmda|anti-?spam).{0,60}"
    r"(confirm|verif|click|request|queue)", r"(message|mail).{0,40}(held|waiting|awaiting).{0,40}(approv|verif|confirm)",
    r"подтвердите.{0,60}(письмо|отправк|адрес)",
)  # fmt: skip
