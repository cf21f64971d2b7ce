#!/usr/bin/env bash
# Make docs/withdrawal.png and docs/explorer.png anew: run the demo, keep the first two figures of its report, photograph them
# with Chromium; then photograph the workbench of the explorer.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

.venv/bin/ketum run examples/use-then-stop.toml --out "$place/run"
keep='<style>header, nav, footer, section:not(#withdrawal), #withdrawal > h2, #withdrawal > :not(figure),
figure:has(#figure-3) { display: none !important } main, section, body { margin-top: 0 !important; padding-top: 0 !important;
border: 0 !important } body { padding: 12px 24px !important }</style>'
awk -v keep="$keep" '{ gsub(/<\/head>/, keep "</head>"); print }' "$place/run/report.html" > "$place/page.html"
chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$place/profile" \
  --window-size=1120,985 --virtual-time-budget=10000 --screenshot="$PWD/docs/withdrawal.png" "file://$place/page.html"
.venv/bin/python tests/explorer_picture.py docs/explorer.png
