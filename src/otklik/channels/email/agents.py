"""Who opened or clicked: a person, a mail program by itself, or a scanner?

No rule is certain, so nothing is dropped: every hit is stored with its verdict and the rule that
gave it, and reports show people and machines apart. The rules are pure and look only at what the
request itself says, at the letter's age, at the other hits of the same letter, and at what else
came from the same place within seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from typing import Final

from otklik.channels.email.model import Hit, HitJudgement, HitVerdict

BURST_WINDOW_S: Final = 10.0
BURST_LINKS: Final = 3
"""So many different links of one letter within the window, and most of its links, is no reading."""
BURST_SHARE: Final = 0.6
SOURCE_WINDOW_S: Final = 20.0
"""How long before or after a hit its source may give itself away."""
SOURCE_LETTERS: Final = 5
"""Letters of so many people, followed from one source within the burst window ..."""
SOURCE_AGE_S: Final = 600.0
"""... while the letter is so young: gateways look at a letter when it comes in, and colleagues
behind one address do not all read it in the same seconds."""
CLICK_AT_ONCE_S: Final = 1.0
"""Nobody has seen a letter by then, whatever images were loaded."""
CLICK_TOO_SOON_S: Final = 3.0
"""By then a reader may have come to a link, but not without his program loading the images."""

# Proxies of mailboxes: they fetch images by themselves, ahead of or instead of the reader.
_PROXIES: Final = re.compile(
    r"(?:mail|image)[\w. !-]{0,12}proxy|RamblerMail|Mail\.RU_Bot/Img|YandexImageResizer|YandexMail"
    r"|ProtonMail|dataaccessd/|Edge/12\.246 Mozilla/5\.0$|BingPreview|via ggpht\.com",
    re.IGNORECASE,
)
# Apple Mail Privacy Protection loads every image once through a relay. It sends the bare beginning
# of an agent, or a WebKit without the "Version/… Safari/…" that a browser has.
_APPLE: Final = re.compile(
    r"Mozilla/5\.0(?: \(Macintosh;[^)]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\))?"
)

# Words that programs put into their names and browsers do not.
_ROBOT: Final = re.compile(
    r"bot\b|bot[/_;,.\d-]|bots\b|[a-z-]bot|^bot|crawl|spider|slurp|scan(?!ia)|fetch|scrap(?:e|y)"
    r"|preview|monitor|check|validat|probe|archiv|index(?:er|ing)|search|harvest|extract|sniff"
    r"|feed|rss\b|reader|podcast|aggregat|discover|inspect|analy[sz]|audit|benchmark|lighthouse"
    r"|pagespeed|ptst|gtmetrix|uptime|pingdom|status|health|ping(?!dom)\b|watch|detect|survey"
    r"|research|verif(?:y|ier)|transcoder|translate|proxy|gateway|guard|sentinel|security|safe"
    r"(?!ri)|virus|phish|malware|threat|barracuda|mimecast|proofpoint|fortinet|sophos|symantec"
    r"|messagelabs|trend ?micro|ironport|cloudmark|forcepoint|checkpoint|zscaler|paloalto|cortex"
    r"|expanse|censys|shodan|nuclei|nmap|masscan|nikto|sqlmap|acunetix|nessus|qualys|burp|arachni"
    r"|headless|phantom|puppeteer|playwright|selenium|webdriver|cypress|splash\b|synthetic"
    r"|facebookexternal|whatsapp/|slack-|skypeuri|vkshare|embed|iframely|unfurl|opengraph"
    r"|metainspector|linkpreview|link ?(?:dex|tiger)|agent|measurement|optimi[sz]|prospect|finder"
    r"|thousandeyes|dareboost|hardenize|silktide|functionize|rigor\)|hotjar|marketgoo|iplabel"
    r"|assetnote|foregenix|-user/|-google\b|page ?speed"
    r"|google-|googleother|google favicon|google.?(?:producer|publisher|web ?light|docs|imageproxy"
    r"|safety|structured|adwords|read)|mediapartners|apis-google|feedburner|duckduckgo-favicon"
    r"|(?:bing|yandex|baidu|sogou|yahoo|ask|alexa|semrush|ahrefs|moz|majestic|sistrix|serp)[a-z]*"
    r"(?:bot|images|media|metrika|direct|video|webmaster|blogs|favicons|news|accessibility|ads)"
    r"|ia_archiver|heritrix|nutch|grub-client|httrack|webcopier|offline|teleport|webzip|sitesucker"
    r"|w3c[-_]|css-?validator|jigsaw|amazon (?:cloudfront|route|simple)|amzn|cloudflare|akamai"
    r"|fastly|netcraft|domain|whois|dns\b|certificate|letsencrypt|ssl ?labs|gpt|claude|anthropic"
    r"|openai|perplexity|cohere|mistral|\bai\b|llm|deepseek|existence discovery"
    r"|office 365 connectors|microsoft exchange|url ?(?:resolver|defense|check|preview)|hubspot"
    r"|wordpress|drupal|joomla|xenforo|mastodon|pleroma|misskey|nextcloud|miniflux|tiny.?rss"
    r"|newsblur|inoreader|feedly|netvibes|flipboard|evernote|pocket|instapaper|notion|zapier"
    r"|ifttt|stripe|shopify|paypal|adsbot|outbrain|taboola|criteo|grapeshot|integralads|moatbot"
    r"|doubleverify|adbeat|adyoulike|quantcast|comscore|similarweb|builtwith|wappalyzer|datanyze"
    r"|site24x7|datadog|newrelic|dynatrace|catchpoint|zabbix|nagios|prometheus|grafana",
    re.IGNORECASE,
)
# An address of a page or a mailbox in an agent is how robots introduce themselves.
_CONTACT: Final = re.compile(
    r"https?:|\+?www\.|\b[\w.+-]+(?:@| at |\[at\])[\w-]+(?:\.| dot )", re.I
)
# So is a host name; the identifiers of phone apps ("com.vendor.mail") read the other way round.
_HOST: Final = re.compile(
    r"(?<![\w.@-])(?!(?:com|net|org|ru|io)\.)[a-z\d][a-z\d-]*(?:\.[a-z\d-]+)*"
    r"\.(?:com|net|org|io|ru|fr|de|info|dev|app|ai|cloud|eu)(?![\w.-])",
    re.IGNORECASE,
)
# The maker and model of a phone are no words of a program ("CUBOT X18" is a phone).
_PHONE: Final = re.compile(
    r"\(Linux;(?: U;)? Android [\w.]+;(?: [a-z]{2}[-_][a-z]{2};)?[^;)(]*", re.IGNORECASE
)
# Forms that no browser has: Blink without Chrome, a name inside "like Gecko", unfilled templates.
_MISSHAPEN: Final = re.compile(
    r"AppleWebKit/537\.36(?!.*(?:Chrome|Chromium|Version|SamsungBrowser|Silk|OPR)/)"
    r"|like Gecko[;,] ?(?!Safari)|Gecko/gecko| Time/\d{10}|\(Unknown;",
    re.IGNORECASE,
)
# Libraries and tools: "name/version" of something that is not a browser.
_LIBRARY: Final = re.compile(
    r"python|urllib|aiohttp|httpx|requests|curl|wget|libwww|lwp|perl|ruby|faraday|php|guzzle|symfony"
    r"|java[/ ]|jakarta|jersey|jetty|apache-http|httpclient|http_client|http-client|okhttp|retrofit"
    r"|go-http|golang|^go |fasthttp|resty|reqwest|hyper/|ureq|axios|node|undici|got[/ ]|superagent"
    r"|npm|yarn|deno|bun/|restsharp|\.net|winhttp|wininet|powershell|dart[:/ ]|dalvik|cfnetwork"
    r"|ahc/|async-?http|lua|elixir|erlang|hackney|clojure|scala|akka|haskell|rust|postman|insomnia"
    r"|httpie|soap|xml-?rpc|webclient|httpunit|htmlunit|mechanize|simplepie|zend|pear|snoopy"
    r"|libcurl|typhoeus|winhttprequest|embarcadero|indy library|synapse|apachebench|jmeter|siege"
    r"|wrk/|k6/|gatling|locust|artillery",
    re.IGNORECASE,
)
# What real readers use. An agent that begins otherwise is a program.
_BROWSER: Final = re.compile(
    r"^(?:Mozilla/[45]\.0 \([^)]|Opera/\d|Microsoft Office/|Outlook-|Thunderbird|Lotus-Notes|Nokia"
    r"|SAMSUNG|BlackBerry|UCWEB|Airmail|Spark/|eM Client|The Bat)"
)
# Anything in "(compatible; …)" but Internet Explorer and its old relatives is a robot.
_COMPATIBLE: Final = re.compile(r"[(;] ?compatible;(?! ?(?:MSIE \d|Konqueror|Opera))", re.I)
_BROWSER_ENGINE: Final = re.compile(
    r"AppleWebKit/|Gecko/|Trident/|MSIE |Presto/|KHTML|Goanna/|Servo", re.IGNORECASE
)


def judge_hit(hit: Hit) -> HitJudgement:
    """Return who caused a hit, and the code of the rule that decided.

    Rules, first match: honeypot, method, no_agent, prefetch, mailbox_proxy, apple_privacy, robot,
    library, no_browser, source, many_letters, tried_first, burst, too_soon, bare_request; otherwise
    a person.
    """
    for rule in (_by_request, _by_agent, _by_behaviour):
        found = rule(hit)
        if found is not None:
            return found
    return HitJudgement(HitVerdict.PERSON, "")


def is_robot(user_agent: str) -> bool:
    """Tell whether an agent names a crawler, scanner, library or tool."""
    return _named(user_agent) is not None


def _by_request(hit: Hit) -> HitJudgement | None:
    if hit.honeypot:
        return HitJudgement(HitVerdict.SCANNER, "honeypot")
    if hit.method.upper() not in ("GET", "POST"):
        return HitJudgement(HitVerdict.SCANNER, "method")
    if not hit.user_agent.strip():
        return HitJudgement(HitVerdict.SCANNER, "no_agent")
    headers = _lowered(hit.headers)
    purpose = " ".join(headers.get(n, "") for n in ("purpose", "sec-purpose", "x-purpose", "x-moz"))
    if re.search(r"prefetch|preview|prerender", purpose, re.IGNORECASE):
        return HitJudgement(HitVerdict.MACHINE, "prefetch")
    return None


def _by_agent(hit: Hit) -> HitJudgement | None:
    agent = hit.user_agent.strip()
    if _PROXIES.search(agent):
        return HitJudgement(HitVerdict.MACHINE, "mailbox_proxy")
    if _APPLE.fullmatch(agent):
        if hit.kind == "open":
            return HitJudgement(HitVerdict.MACHINE, "apple_privacy")
        if agent == "Mozilla/5.0":
            return HitJudgement(HitVerdict.SCANNER, "no_browser")
    named = _named(agent)
    return HitJudgement(HitVerdict.SCANNER, named) if named else None


def _named(agent: str) -> str | None:
    agent = _PHONE.sub("(Linux; Android", agent)
    if any(sign.search(agent) for sign in (_ROBOT, _CONTACT, _COMPATIBLE, _HOST, _MISSHAPEN)):
        return "robot"
    if _LIBRARY.search(_without_system(agent)):
        return "library"
    if not _BROWSER.match(agent):
        return "no_browser"
    if agent.startswith("Mozilla/5.0") and not _BROWSER_ENGINE.search(agent):
        return "no_browser"
    return None


def _without_system(agent: str) -> str:
    """Return an agent without the parts where browsers list the machine's software."""
    # Internet Explorer names .NET versions in its parentheses.
    return re.sub(r"\.NET[ \w.]*|\([^)]*MSIE[^)]*\)|\([^)]*Trident[^)]*\)", "", agent)


def _by_behaviour(hit: Hit) -> HitJudgement | None:
    age = hit.seconds_since_sent
    if hit.source_caught:
        return HitJudgement(HitVerdict.SCANNER, "source")
    if hit.source_letters >= SOURCE_LETTERS and age is not None and age < SOURCE_AGE_S:
        return HitJudgement(HitVerdict.SCANNER, "many_letters")
    if hit.kind != "click":
        return None
    if hit.tried_first:
        # Browsers take a page at once; programs ask first whether it is there.
        return HitJudgement(HitVerdict.SCANNER, "tried_first")
    followed = set(hit.recent_links) | ({hit.link} if hit.link is not None else set())
    if len(followed) >= max(BURST_LINKS, ceil(hit.links_total * BURST_SHARE)):
        return HitJudgement(HitVerdict.SCANNER, "burst")
    soon = CLICK_AT_ONCE_S if hit.opened_before else CLICK_TOO_SOON_S
    if age is not None and age < soon:
        # A gateway follows links while it receives the letter; a reader sees it first.
        return HitJudgement(HitVerdict.SCANNER, "too_soon")
    headers = _lowered(hit.headers)
    if (
        headers
        and "accept-language" not in headers
        and not any(name.startswith("sec-fetch-") for name in headers)
    ):
        # Every browser of this century says in which language it wants a page.
        return HitJudgement(HitVerdict.SCANNER, "bare_request")
    return None


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
