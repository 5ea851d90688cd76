#!/bin/sh
# Every check of the project, quick ones first. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin

# Browser tests need Chromium and a font with Cyrillic; Debian has both.
if ! command -v chromium >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium"
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core >/dev/null
fi

$bin/ruff check src tests benchmarks tools migrations
$bin/ruff format --check src tests benchmarks tools migrations
$bin/mypy
$bin/lint-imports
$bin/python tools/ui.py lint
$bin/python tools/ui.py test
$bin/python tools/node_clients.py
# Sync Playwright keeps an event loop in the main thread, so the browser tests run by themselves.
$bin/python -m pytest -n 2 --ignore tests/browser "$@"
$bin/python -m pytest tests/browser
