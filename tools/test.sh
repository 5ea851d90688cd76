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

check_code() {
    $bin/ruff check src tests benchmarks tools migrations &&
        $bin/ruff format --check src tests benchmarks tools migrations &&
        $bin/mypy &&
        $bin/lint-imports
}

check_interface() {
    $bin/python tools/ui.py build &&
        $bin/python tools/ui.py lint &&
        $bin/python tools/ui.py test &&
        $bin/python tools/node_clients.py
}

# The two need nothing of each other, so they go side by side; each is told in one piece.
said=$(mktemp)
trap 'rm -f "$said"' EXIT
check_code >"$said" 2>&1 &
code=$!
failed=0
check_interface || failed=$?
wait "$code" || failed=$?
cat "$said"
[ "$failed" = 0 ] || exit "$failed"

# Sync Playwright keeps an event loop in the main thread, so the browser tests run by themselves.
$bin/python -m pytest -n 2 --ignore tests/browser "$@"
$bin/python -m pytest tests/browser
