#!/usr/bin/env bash
# Reports as other programs see them: the page in a browser, the workbook in openpyxl and LibreOffice. What a machine
# does not have is skipped, and the reason is printed. Usage: tests/reports/run.sh PROGRAM FOLDER
set -euo pipefail
program=$(realpath "$1")
folder=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$folder"
folder=$(realpath "$folder")

cat > "$folder/people.csv" <<'TABLE'
Name,E-mail,Mobile,Note
Åsa,asa@example.com,070-174 06 05,"two
lines"
"<script>document.title='taken'</script>",<script>document.title='taken'</script>,070-12,"""><img src=x onerror=alert(1)>"
Bo,bo.example.com,070-1,=1+1
Cy,asa@example.com,,
Dan,dan@example.com,ring,
,,,
TABLE
cat > "$folder/m.toml" <<'MAPPING'
version = 1
[card]
name = "Name"
email = "E-mail"
voice = [{ column = "Mobile", country = "SE" }]
[card.custom]
"Note" = "Note"
MAPPING

code=0
(cd "$folder" && "$program" check people.csv -m m.toml --report page.html --report book.xlsx --quiet) || code=$?
if [ "$code" != 1 ]; then
    echo "the check of invalid rows ended with $code" >&2
    exit 1
fi

browser=
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    if command -v "$name" >/dev/null 2>&1; then browser=$(command -v "$name"); break; fi
done
if [ -z "$browser" ]; then
    echo "the page is not opened: there is no Chromium here"
elif ! command -v node >/dev/null 2>&1; then
    echo "the page is not opened: there is no node here to drive the browser"
else
    node "$here/page.mjs" "$browser" "$folder/page.html" "$folder"
fi

if python3 -c 'import openpyxl' 2>/dev/null; then
    python3 "$here/workbook.py" "$folder/book.xlsx"
else
    echo "the workbook is not opened by openpyxl: it is not here"
fi

if command -v soffice >/dev/null 2>&1; then
    # The second sheet, as CSV.
    filter='csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2'
    soffice "-env:UserInstallation=file://$folder/office" --headless --convert-to "$filter" --outdir "$folder" \
        "$folder/book.xlsx" >/dev/null 2>&1
    grep -q 'c3_status' "$folder/book-Rows.csv"
    grep -q 'phone.length' "$folder/book-Rows.csv"
    echo "LibreOffice reads the workbook"
else
    echo "the workbook is not opened by LibreOffice: it is not here"
fi
