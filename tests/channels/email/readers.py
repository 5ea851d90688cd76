"""Agents of browsers and mail programs that people read letters with, written after the vendors'
published forms. None of them may ever be taken for a machine by its name alone."""

from __future__ import annotations

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
CHROME = f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {APPLE}"
IPAD = f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {APPLE}"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE}"
PHONE = f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36"
VIEW = f"{WEBKIT} Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36"

BROWSERS = {
    "Chrome": CHROME,
    "Edge": CHROME + " Edg/126.0.0.0",
    "Opera": CHROME + " OPR/112.0.0.0",
    "Yandex": f"{WINDOWS} {WEBKIT} Chrome/124.0.0.0 YaBrowser/24.6.0.0 Safari/537.36",
    "Atom (VK)": CHROME + " Atom/30.0.0.8",
    "Vivaldi": CHROME + " Vivaldi/6.8.3381.46",
    "Internet Explorer": (
        "Mozilla/5.0 (Windows NT 10.0; Trident/7.0; .NET4.0C; .NET CLR 2.0.50727; rv:11.0) "
        "like Gecko"
    ),
    "Safari": MAC + " Version/17.5 Safari/605.1.15",
    "Firefox": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 "
    "Firefox/127.0",
    "Firefox on Linux": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Chrome OS": f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 "
    "Safari/537.36",
    "old Opera": "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18",
    "Safari on iPhone": IPHONE + " Version/17.5 Mobile/15E148 Safari/604.1",
    "Chrome on iPhone": IPHONE + " CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
    "Google app": IPHONE + " GSA/322.0.642990 Mobile/15E148 Safari/604.1",
    "Yandex on iPhone": IPHONE
    + " Version/17.0 YaBrowser/24.6.5.404.10 SA/3 Mobile/15E148 Safari/604.1",
    "DuckDuckGo": IPHONE + " Version/17.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
    "Chrome on Android": PHONE,
    "Chrome with a reduced agent": f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/126.0.0.0 "
    "Mobile Safari/537.36",
    "Samsung": f"Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-A536B) {WEBKIT} SamsungBrowser/25.0 "
    "Chrome/121.0.0.0 Mobile Safari/537.36",
    "Cubot phone": f"Mozilla/5.0 (Linux; Android 11; CUBOT X50 Build/RP1A.200720.011) {WEBKIT} "
    "Chrome/120.0.0.0 Mobile Safari/537.36",
    "Huawei": f"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-NX9; HMSCore 6.13) {WEBKIT} "
    "Chrome/114.0 HuaweiBrowser/14.0.7 Mobile Safari/537.36",
    "Xiaomi": f"Mozilla/5.0 (Linux; U; Android 13; ru-ru; 2201117TG Build/TKQ1.221114.001) {WEBKIT}"
    " Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.10.1-gn",
    "Firefox on Android": "Mozilla/5.0 (Android 13; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
}
MAIL_PROGRAMS = {
    "Outlook on Windows": "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17531; "
    "Pro)",
    "Outlook 2010": "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; WOW64; Trident/7.0; SLCC2; "
    ".NET CLR 2.0.50727; .NET4.0C; Microsoft Outlook 14.0.7268; ms-office; MSOffice 14)",
    "Outlook on Mac": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) MacOutlook/16.86.24060916 (Intelx64 Mac OS X Version 14.5 (Build 23F79))",
    "new Outlook": CHROME + " Edg/126.0.0.0 OneOutlook/1.2024.619.400",
    "Outlook on iPhone": "Outlook-iOS/709.2226530.prod.iphone (3.24.1)",
    "Outlook on Android": "Outlook-Android/2.0",
    "Thunderbird": "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:115.0) Gecko/20100101 "
    "Thunderbird/115.12.0",
    "Thunderbird on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 "
    "Thunderbird/128.3.1",
    "Apple Mail on iPhone": IPHONE + " Mobile/15E148",
    "Apple Mail on iPad": IPAD + " Mobile/15E148",
    "view inside an Android program": f"Mozilla/5.0 (Linux; Android 11; Redmi Note 8 Pro "
    f"Build/RP1A; wv) {VIEW}",
    "Samsung Email": f"Mozilla/5.0 (Linux; Android 14; SM-A546E Build/UP1A; wv) {VIEW} "
    "SamsungEmail/6.1.92",
    "Yandex Mail on Android": f"Mozilla/5.0 (Linux; Android 13; M2101K6G; wv) {VIEW} "
    "ru.yandex.mail/8.66.1",
    "Yandex Mail on iPhone": IPHONE + " Mobile/15E148 YandexMobileMail/1127",
    "Mail.ru on Android": f"Mozilla/5.0 (Linux; Android 13; RMX3363; wv) {VIEW} "
    "ru.mail.mailapp/15.5.0",
    "Mail.ru on iPhone": IPHONE + " Mobile/15E148 MailRuMailApp/15.4",
    "Mailspring": f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Mailspring/1.13.3 Chrome/100.0.4896 "
    "Electron/18.0.3 Safari/537.36",
    "Postbox": "Mozilla/5.0 (Windows NT 10.0; WOW64; rv:68.0) Gecko/20100101 Postbox/7.0.60",
    "SeaMonkey": "Mozilla/5.0 (X11; Linux x86_64; rv:91.0) Gecko/20100101 Firefox/91.0 "
    "SeaMonkey/2.53.18",
    "The Bat": "The Bat! 10.5",
}
IN_APPS = {
    "Facebook": IPHONE + " Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.33.109;FBBV/608540875;"
    "FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5;FBSS/3;FBID/phone;FBLC/ru_RU;FBOP/5]",
    "Instagram": IPHONE + " Mobile/15E148 Instagram 335.0.0.35.90 (iPhone14,5; iOS 17_5; ru_RU)",
    "VK": f"Mozilla/5.0 (Linux; Android 13; SM-A325F; wv) {VIEW} VKAndroidApp/8.84-20453",
    "Telegram": f"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) {VIEW} Telegram-Android/10.14.5 "
    "(Google Pixel 8; Android 14; SDK 34; HIGH)",
    "LinkedIn": IPHONE + " Mobile/15E148 [LinkedInApp]/9.29.7639",
    "Pinterest": IPHONE + " Mobile/15E148 [Pinterest/iOS]",
    "Twitter": IPHONE + " Mobile/15E148 Twitter for iPhone/10.45",
    "Snapchat": IPHONE + " Mobile/15E148 Snapchat/12.92.0.43 (like Safari/8617.2.4.10.8, panda)",
    "Viber": f"Mozilla/5.0 (Linux; Android 12; M2012K11AG; wv) {VIEW} Viber/22.8.1",
}
READERS = {**BROWSERS, **MAIL_PROGRAMS, **IN_APPS}

PROXIES = {
    "Gmail": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
    "GoogleImageProxy)",
    "Gmail ahead of reading": f"{WINDOWS} {WEBKIT} Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 "
    "Mozilla/5.0",
    "Yahoo": "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Outlook.com": f"{CHROME} OutlookImageProxy",
    "Yandex": "Mozilla/5.0 (compatible; YandexImageResizer/2.0; +http://yandex.com/bots)",
    "Mail.ru": "Mozilla/5.0 (compatible; Linux x86_64; Mail.RU_Bot/Img/2.0; "
    "+https://help.mail.ru/webmaster/indexing/robots)",
    "Rambler": "RamblerMail/6.0 (incompatible; ImageProxy/6.0)",
    "Seznam": "SeznamEmailProxy/2.0.143",
    "Apple Mail privacy, bare": "Mozilla/5.0",
    "Apple Mail privacy": MAC,
    "Apple background fetch": "iOS/17.5 (21F79) dataaccessd/1.0",
}
"""Who fetches images for a reader, or ahead of him."""
