#!/usr/bin/env bash
# Installs what tests/test_engines.py shows derivations to, where it is missing: pdflatex, Chromium
# with fonts for mathematics, KaTeX and Typst. The last two go into $METRICC_ENGINES.
set -euo pipefail
engines=${METRICC_ENGINES:-$HOME/.cache/metricc-engines}
katex=0.19.1
typst=0.15.2
packages=(chromium fonts-liberation fonts-lmodern fonts-stix lmodern poppler-utils texlive-latex-base)

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q "install ok installed"; }

missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done
if ((${#missing[@]})); then
    echo "engines: installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if ! grep -qs "\"version\": \"$katex\"" "$engines/katex/node_modules/katex/package.json"; then
    echo "engines: installing katex $katex"
    mkdir -p "$engines/katex"
    npm install --prefix "$engines/katex" --no-audit --no-fund --silent "katex@$katex"
fi

if [ ! -d "$engines/typst/typst-$typst.dist-info" ]; then
    echo "engines: installing typst $typst"
    rm -rf "$engines/typst"
    python3 -m pip install --quiet --target "$engines/typst" "typst==$typst"
fi
echo "engines: $(pdflatex --version | head -n 1); $(chromium --version 2>/dev/null); KaTeX $katex; Typst $typst"
