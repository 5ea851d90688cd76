"""Who opened or clicked: a person, a mail program by itself, or a scanner?

No rule is certain, so nothing is dropped: every hit is stored with its verdict and the rule that
gave it, and reports show people and machines apart. The rules are pure and look only at what the
request itself says, at the letter's age, and at the other hits of the same letter.
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
CLICK_TOO_SOON_S: Final = 2.0

# Proxies of mailboxes: they fetch images by themselves, ahead of or instead of the reader.
_PROXIES: Final = re.compile(
    r"GoogleImageProxy|YahooMailProxy|OutlookImageProxy|Seznam.?Email.?Proxy|RamblerMail"
    r"|Mail\.RU_Bot/Img|YandexImageResizer|YandexMail|ProtonMail|FastmailImageProxy|ZohoMailProxy"
    r"|dataaccessd/|Edge/12\.246 Mozilla/5\.0$|BingPreview|EmailImageProxy|mailimageproxy",
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
    r"|headless|phantom|puppeteer|playwright|selenium|webdriver|electron/|cypress|splash\b"
    r"|facebookexternal|whatsapp|telegram|slack|discord|skypeuri|twitter|linkedin|pinterest"
    r"|snapchat|viber|vkshare|embed|iframely|unfurl|opengraph|metainspector|linkpreview|link ?dex"
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
_COMPATIBLE: Final = re.compile(r"[(;] ?compatible; ?(?!MSIE \d|Konqueror|Opera)", re.I)
_BROWSER_ENGINE: Final = re.compile(
    r"AppleWebKit/|Gecko/|Trident/|MSIE |Presto/|KHTML|Goanna/|Servo", re.IGNORECASE
)


def judge_hit(hit: Hit) -> HitJudgement:
    """Return who caused a hit, and the code of the rule that decided.

    Rules, first match: honeypot, method, no_agent, prefetch, mailbox_proxy, apple_privacy, robot,
    library, no_browser, burst, too_soon, bare_request; otherwise a person.
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
    if _ROBOT.search(agent) or _CONTACT.search(agent) or _COMPATIBLE.search(agent):
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
    if hit.kind != "click":
        return None
    followed = set(hit.recent_links) | ({hit.link} if hit.link is not None else set())
    if len(followed) >= max(BURST_LINKS, ceil(hit.links_total * BURST_SHARE)):
        return HitJudgement(HitVerdict.SCANNER, "burst")
    age = hit.seconds_since_sent
    if age is not None and age < CLICK_TOO_SOON_S and not hit.opened_before:
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
